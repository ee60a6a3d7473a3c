/* Filters a checklist as one types. Without this the form asks the server for the same. */
const form = document.querySelector("form[data-checklist]");

function filterChecklist() {
  const rows = document.getElementById(form.dataset.checklist);
  const wanted = new FormData(form);
  const words = wanted.get("q").trim().toLowerCase();
  let shown = 0;
  for (const row of rows.querySelectorAll("li")) {
    const has = row.dataset.k.split(" ");
    const fits = ["verdict", "area", "priority"].every((name) => !wanted.get(name) || has.includes(wanted.get(name)));
    row.hidden = !(fits && `${row.textContent} ${row.querySelector("a").hash}`.toLowerCase().includes(words));
    if (!row.hidden) shown += 1;
  }
  for (const group of rows.children) group.hidden = !group.querySelector("li:not([hidden])");
  document.getElementById("checklist-count").textContent = `${shown} of ${form.dataset.total} items`;
  const query = new URLSearchParams([...wanted].filter(([, value]) => value));
  history.replaceState(history.state, "", `${location.pathname}${query.size ? `?${query}` : ""}#checklist`);
}

if (form) {
  form.addEventListener("input", filterChecklist);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    filterChecklist();
  });
}
