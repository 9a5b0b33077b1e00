// What the message grid needs of the browser: where it is scrolled to, which row was meant, the pane's width, and downloads.

const grids = new WeakMap();

export function attach(element, owner) {
  const grid = { owner, follows: true, own: -1, pressed: null, frame: 0 };
  grids.set(element, grid);

  const report = byUser => {
    cancelAnimationFrame(grid.frame);
    grid.frame = requestAnimationFrame(() => {
      if (!element.isConnected) return;
      const atEnd = element.scrollTop >= element.scrollHeight - element.clientHeight - 2;
      owner.invokeMethodAsync('Scrolled', element.scrollTop, element.clientHeight, atEnd, byUser);
    });
  };
  const leave = () => {
    if (grid.follows && element.scrollHeight > element.clientHeight) {
      grid.follows = false;
      report(true);
    }
  };

  // Wheel and keys come before the scrolling itself: from here on the newest row is not scrolled to, or it would fight the hand.
  element.addEventListener('wheel', event => { if (event.deltaY < 0) leave(); }, { passive: true });
  element.addEventListener('keydown', event => { if (['ArrowUp', 'PageUp', 'Home'].includes(event.key)) leave(); });
  element.addEventListener('scroll', () => {
    if (grid.follows && Math.abs(element.scrollTop - grid.own) < 2) return;
    if (grid.follows && element.scrollTop < grid.own - 2) grid.follows = false;
    report(true);
  }, { passive: true });

  // Rows move while the view follows: the row that was pressed is meant, not the one that stands there when the button comes up.
  element.addEventListener('pointerdown', event => {
    grid.pressed = event.target.closest('[data-n]')?.dataset.n ?? null;
  });
  element.addEventListener('click', event => {
    const number = grid.pressed ?? event.target.closest('[data-n]')?.dataset.n;
    grid.pressed = null;
    if (number == null || event.target.closest('a, button') || String(getSelection()) !== '') return;
    owner.invokeMethodAsync('Clicked', number, element.scrollTop);
  });

  let height = element.clientHeight;
  new ResizeObserver(() => {
    if (!element.isConnected) return;
    const before = height;
    height = element.clientHeight;
    if (grid.follows) tail(element);
    else keepInSight(element, before, height);
    report(false);
  }).observe(element);
  return element.clientHeight;
}

// When something takes room from the end of the grid, the selected row stays in sight if it was.
function keepInSight(element, before, height) {
  const selected = element.querySelector('[aria-selected="true"]');
  if (!selected) return;
  const bottom = selected.getBoundingClientRect().bottom - element.getBoundingClientRect().top;
  if (bottom <= before && bottom > height) element.scrollTop += bottom - height;
}

// Scrolls to the newest row, unless a hand is just scrolling away from it.
export function tail(element) {
  const grid = grids.get(element);
  if (!grid?.follows) return;
  element.scrollTop = element.scrollHeight;
  grid.own = element.scrollTop;
}

export function follow(element, follows) {
  const grid = grids.get(element);
  if (!grid) return;
  grid.follows = follows;
  if (follows) tail(element);
}

export function scrollTo(element, top) {
  element.scrollTop = top;
}

export function focus(element) {
  element.focus({ preventScroll: true });
}

export function width(element) {
  return element.clientWidth;
}

// A separator that is dragged, or moved with the arrow keys, and sets the width of the pane after it.
export function resizable(separator, pane) {
  const least = 280;
  const most = () => Math.max(320, separator.parentElement.clientWidth - 360);
  const tell = width => {
    separator.setAttribute('aria-valuemin', least);
    separator.setAttribute('aria-valuemax', most());
    separator.setAttribute('aria-valuenow', width);
  };
  const set = width => {
    const next = Math.round(Math.min(most(), Math.max(least, width)));
    pane.style.setProperty('--pane', next + 'px');
    tell(next);
    globalThis.hubSettings?.write('pane', String(next));
  };
  const stored = Number(globalThis.hubSettings?.read('pane'));
  if (stored > 0) set(stored);
  // The pane has no width before it is shown.
  separator.addEventListener('focus', () => tell(pane.offsetWidth));

  separator.addEventListener('pointerdown', event => {
    separator.setPointerCapture(event.pointerId);
    const start = event.clientX;
    const width = pane.offsetWidth;
    const move = e => set(width + start - e.clientX);
    separator.addEventListener('pointermove', move);
    separator.addEventListener('lostpointercapture', () => separator.removeEventListener('pointermove', move), { once: true });
    event.preventDefault();
  });
  separator.addEventListener('keydown', event => {
    const by = { ArrowLeft: 32, ArrowRight: -32 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    set(pane.offsetWidth + by);
  });
}

export function download(name, type, bytes) {
  const address = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
