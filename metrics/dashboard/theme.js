// Light or dark, before anything is drawn: as the system says, or as the operator has chosen.
'use strict';
(() => {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const stored = () => {
    try {
      return localStorage.getItem('slotway-theme') || 'system';
    } catch {
      return 'system';  // storage is forbidden
    }
  };
  let choice = stored();

  function apply() {
    const theme = choice === 'system' ? (dark.matches ? 'dark' : 'light') : choice;
    if (document.documentElement.dataset.theme === theme) return;
    document.documentElement.dataset.theme = theme;
    document.dispatchEvent(new Event('theme'));
  }

  apply();
  dark.addEventListener('change', apply);
  document.addEventListener('DOMContentLoaded', () => {
    const select = document.getElementById('theme');
    select.value = choice;
    select.addEventListener('change', () => {
      choice = select.value;
      try {
        localStorage.setItem('slotway-theme', choice);
      } catch {
        // It lasts as long as the page, then.
      }
      apply();
    });
  });
})();
