// Keeps the figures of an export current while its file is being taken. Without it, the page has a link that does.
//   <span data-progress="/address.json" data-words="{done} of {total} events">
(() => {
  "use strict";

  const EVERY_MS = 2000;

  const watch = async (element) => {
    const answer = await fetch(element.dataset.progress, { headers: { Accept: "application/json" } });
    if (!answer.ok) {
      return;
    }
    const { done, total, finished } = await answer.json();
    const shown = new Intl.NumberFormat(document.documentElement.lang);
    element.textContent = element.dataset.words
      .replace("{done}", shown.format(done)).replace("{total}", shown.format(total));
    if (!finished) {
      window.setTimeout(() => watch(element), EVERY_MS);
    }
  };

  document.querySelectorAll("[data-progress]").forEach((element) => {
    window.setTimeout(() => watch(element).catch(() => {}), EVERY_MS);
  });
})();
