// Runs before the first paint, so that the page never flashes in the wrong colours. Plain script, no module: modules run too late.
(() => {
  const root = document.documentElement;
  const systemDark = matchMedia('(prefers-color-scheme: dark)');
  // Storage may be blocked; then the choice lasts as long as the page.
  const memory = {};
  const read = key => { try { return localStorage.getItem(key) ?? memory[key]; } catch { return memory[key]; } };
  const write = (key, value) => { memory[key] = value; try { localStorage.setItem(key, value); } catch { /* kept in memory */ } };

  const theme = () => read('hub.theme') ?? 'system';
  const apply = () => {
    const dark = theme() === 'dark' || (theme() === 'system' && systemDark.matches);
    root.dataset.theme = dark ? 'dark' : 'light';
    root.dataset.rail = read('hub.rail') ?? 'wide';
  };

  systemDark.addEventListener('change', apply);
  apply();
  window.hubSettings = {
    theme,
    setTheme: value => { write('hub.theme', value); apply(); },
    rail: () => root.dataset.rail,
    setRail: value => { write('hub.rail', value); apply(); },
    read: key => read('hub.' + key) ?? null,
    write: (key, value) => write('hub.' + key, value),
  };
})();
