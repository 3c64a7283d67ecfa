// Before the first paint, so that a page never flashes in the other theme.
(() => {
  var chosen = null;
  try {
    chosen = localStorage.getItem("kleos-theme");
  } catch (_) {}
  var light = chosen ? chosen === "light" : matchMedia("(prefers-color-scheme: light)").matches;
  document.documentElement.dataset.theme = light ? "light" : "dark";
})();
