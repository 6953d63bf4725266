// Runs before the first paint so that a dark phone never flashes white. Same rules as lib/theme.
(function () {
  var root = document.documentElement;
  var look = {};
  try {
    look = JSON.parse(localStorage.getItem('laurel.look') || '{}') || {};
  } catch (error) {
    look = {};
  }
  var dark =
    look.theme === 'dark' ||
    (look.theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.theme = dark ? 'dark' : 'light';
  if (look.sun === true) root.setAttribute('data-sun', '');
  document
    .querySelector('meta[name=theme-color]')
    .setAttribute('content', dark ? '#0e1510' : '#f7f4ea');
})();
