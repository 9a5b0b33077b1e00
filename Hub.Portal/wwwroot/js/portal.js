// The portal's small needs of the browser: keyboard shortcuts, the clipboard, focus.

const sequenceTimeout = 1000;
let keys = new Set();
let listener = null;
let pending = null;
let pendingUntil = 0;

const typing = target =>
  target instanceof HTMLElement
  && (target.isContentEditable || target.matches('input:not([type=checkbox]):not([type=radio]), textarea, select'));

// A button or link does something of its own on space and enter; a shortcut must not take that away.
const activates = (target, key) =>
  (key === 'space' || key === 'enter') && target instanceof HTMLElement && target.closest('button, a, summary, input, [role=tab], [role=menuitem]');

const nameOf = event => {
  const name = event.key === ' ' ? 'space' : event.key.length === 1 ? event.key : event.key.toLowerCase();
  return event.shiftKey && event.key.length > 1 ? 'shift+' + name : name;
};

const dialogOpen = () => document.querySelector('[role=dialog][aria-modal=true], .mud-dialog') !== null;

function onKeyDown(event, owner) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const key = nameOf(event);
  if (typing(event.target)) {
    if (key === 'escape' && event.target.matches('[data-search]')) event.target.blur();
    return;
  }
  if (dialogOpen() || activates(event.target, key)) return;

  const sequence = pending !== null && event.timeStamp < pendingUntil ? pending + ' ' + key : null;
  pending = null;
  const hit = sequence !== null && keys.has(sequence) ? sequence : keys.has(key) ? key : null;
  if (hit !== null) {
    event.preventDefault();
    owner.invokeMethodAsync('Press', hit);
  } else if ([...keys].some(k => k.startsWith(key + ' '))) {
    pending = key;
    pendingUntil = event.timeStamp + sequenceTimeout;
  }
}

export function listen(owner) {
  unlisten();
  listener = event => onKeyDown(event, owner);
  document.addEventListener('keydown', listener);
}

export function unlisten() {
  if (listener) document.removeEventListener('keydown', listener);
  listener = null;
}

export function setKeys(names) {
  keys = new Set(names);
}

// Somebody is there: told at most once a minute, so that the session lasts while it is used and no longer.
const activityInterval = 60_000;
let activityToldAt = 0;
export function watchActivity(owner) {
  activityToldAt = performance.now();
  const onActivity = () => {
    if (performance.now() - activityToldAt < activityInterval) return;
    activityToldAt = performance.now();
    owner.invokeMethodAsync('Act');
  };
  for (const kind of ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchmove'])
    document.addEventListener(kind, onActivity, { passive: true, capture: true });
}

// True when the page has a search field, which then has the focus.
export function focusSearch() {
  const field = document.querySelector('[data-search]');
  if (!field) return false;
  field.focus();
  field.select?.();
  return true;
}

// Rows are marked with data-row on the element that takes the focus.
export function moveRow(step) {
  const rows = [...document.querySelectorAll('[data-row]')];
  const next = rows.indexOf(document.activeElement) + step;
  rows[Math.max(0, Math.min(next, rows.length - 1))]?.focus();
}

// A menu of ours goes when one turns to something else, and on escape, which then does nothing more.
const openMenu = () => document.querySelector('details.menu[open]');
const closeMenu = menu => {
  menu.open = false;
  menu.querySelector('summary').focus();
};
document.addEventListener('pointerdown', event => {
  const menu = openMenu();
  if (menu && !menu.contains(event.target)) menu.open = false;
});
document.addEventListener('keydown', event => {
  const menu = openMenu();
  if (event.key !== 'Escape' || !menu) return;
  event.preventDefault();
  event.stopPropagation();
  closeMenu(menu);
}, true);

document.addEventListener('click', event => {
  const menu = openMenu();
  if (menu && event.target.closest('[data-closes]')) closeMenu(menu);
});

// The library's menu moves the focus while enter is still on its way: a dialog that opens would take that enter for its own button's.
document.addEventListener('keydown', event => {
  if (event.key === 'Enter' && event.target.closest?.('[role=menuitem]:not(a)')) event.preventDefault();
}, true);

// What a menu or a dialog takes the focus from.
const passing = '.mud-popover, .mud-dialog';
let lasting = null;
document.addEventListener('focusin', event => {
  if (!event.target.closest(passing)) lasting = event.target;
});

// The menu or dialog that closes stands for a moment yet; whatever took the focus since then keeps it, be it another menu.
export function restoreFocus() {
  setTimeout(() => {
    const active = document.activeElement;
    const lost = active === null || active === document.body || active.closest(passing) !== null && active.closest('.mud-popover-open') === null;
    if (lost && !dialogOpen() && lasting?.isConnected) lasting.focus({ preventScroll: true });
  }, 100);
}

export function scrollToTop() {
  document.getElementById('content')?.scrollTo({ top: 0 });
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Outside a secure context there is no clipboard; a selection can still be copied.
    const area = document.createElement('textarea');
    area.value = text;
    area.style.cssText = 'position:fixed;opacity:0';
    const opener = document.activeElement;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    opener?.focus?.();
    return done;
  }
}
