"use strict";
(() => {
  const find = document.getElementById("find");
  const box = document.getElementById("search");
  const told = document.getElementById("found");
  const rows = [...document.querySelectorAll("[data-state]")];
  const texts = new Map();
  const text = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase().replace(/\s+/g, " "));
    return texts.get(row);
  };
  const state = () => find.querySelector("input[name=state]:checked").value;

  const show = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = state();
    let seen = 0;
    for (const row of rows) {
      const fits = (wanted === "all" || row.dataset.state === wanted) && words.every((word) => text(row).includes(word));
      row.hidden = !fits;
      seen += fits;
    }
    for (const group of document.querySelectorAll("[data-group]")) {
      group.hidden = !group.querySelector("[data-state]:not([hidden])");
    }
    const all = wanted === "all" && !words.length;
    told.textContent = all ? "" : seen === 1 ? "1 entry fits." : `${seen} of ${rows.length} entries fit.`;
  };

  if (find) {
    find.hidden = false;
    let soon = 0;
    const later = () => { clearTimeout(soon); soon = setTimeout(show, 80); };
    find.addEventListener("submit", (event) => event.preventDefault());
    find.addEventListener("input", later);
    find.addEventListener("change", later);
    document.addEventListener("keydown", (event) => {
      const typing = event.target.matches("input[type=search]");
      if (event.key === "/" && !typing) { event.preventDefault(); box.focus(); }
      if (event.key === "Escape" && typing) { box.value = ""; show(); }
    });
  }

  for (const command of document.querySelectorAll(".command")) {
    if (!navigator.clipboard) break;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(command.querySelector("code").textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    command.append(button);
  }

  const open = () => {
    const place = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let one = place; one; one = one.parentElement?.closest("details")) if (one.tagName === "DETAILS") one.open = true;
    if (place) place.scrollIntoView();
  };
  addEventListener("hashchange", open);
  open();

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    if (opened.length < 500) for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of opened) one.open = false; });
})();
