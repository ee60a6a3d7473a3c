/* The search dialog: arrows and Enter move through what the server lists; htmx fetches it as one types. */
const dialog = document.getElementById("palette");
const field = document.getElementById("palette-field");
const found = document.getElementById("palette-found");
const status = document.getElementById("palette-status");
let active = -1;

function options() {
  return [...found.querySelectorAll("[role=option]")];
}

function choose(place) {
  const all = options();
  active = all.length ? (place + all.length) % all.length : -1;
  for (const [n, option] of all.entries()) option.setAttribute("aria-selected", String(n === active));
  if (active < 0) {
    field.removeAttribute("aria-activedescendant");
    return;
  }
  field.setAttribute("aria-activedescendant", all[active].id);
  all[active].scrollIntoView({ block: "nearest" });
}

function forget() {
  active = -1;
  field.removeAttribute("aria-activedescendant");
  for (const option of options()) option.setAttribute("aria-selected", "false");
}

/* An answer to other letters than those in the field now offers nothing to Enter. */
function isCurrent() {
  const typed = field.value.split(/\s+/).filter(Boolean).join(" ").slice(0, 100).trim();
  return document.getElementById("palette-list")?.dataset.q === typed;
}

function listed() {
  const count = options().length;
  field.setAttribute("aria-expanded", String(count > 0));
  if (count) field.setAttribute("aria-controls", "palette-list");
  else field.removeAttribute("aria-controls");
  status.textContent = count ? `${count} found` : found.textContent.trim();
  if (field.value.trim() && isCurrent()) choose(0);
  else forget();
}

function unanswered() {
  found.replaceChildren();
  const note = document.createElement("p");
  note.className = "palette-note";
  note.textContent = "The server does not answer just now. Enter opens the search as a page of its own.";
  found.append(note);
  listed();
}

function loadHtmx() {
  if (window.htmx) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = dialog.dataset.htmx;
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
}

/* Fills the list for what stands in the field, which may be nothing. */
export async function refresh() {
  try {
    await loadHtmx();
  } catch {
    unanswered();
    return;
  }
  window.htmx.process(dialog);
  window.htmx.trigger(field, "refresh");
}

field.addEventListener("htmx:configRequest", (event) => {
  event.detail.parameters.from = location.pathname;
  if (!field.value.trim()) event.detail.parameters.recent = dialog.dataset.recent || "";
});
found.addEventListener("htmx:afterSwap", listed);
field.addEventListener("htmx:sendError", unanswered);
field.addEventListener("htmx:responseError", unanswered);

/* Until the answer to the new letters is there, Enter must not open the answer to the old ones. */
field.addEventListener("input", forget);

field.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (event.key === "ArrowDown") choose(active + 1);
    else choose(active < 0 ? -1 : active - 1);
  }
  if (event.key === "Enter" && active >= 0 && !event.isComposing) {
    event.preventDefault();
    const option = options()[active];
    if (event.ctrlKey || event.metaKey) window.open(option.href || location.href, "_blank", "noopener");
    else option.click();
  }
});

found.addEventListener("pointermove", (event) => {
  const option = event.target.closest("[role=option]");
  const place = option ? options().indexOf(option) : -1;
  if (place >= 0 && place !== active) choose(place);
});

dialog.addEventListener("click", (event) => {
  const does = event.target.closest("[data-does]")?.dataset.does;
  if (event.target === dialog || does) dialog.close();
  if (does === "theme") document.querySelector(".theme-toggle").click();
});

dialog.addEventListener("close", () => {
  field.value = "";
  found.replaceChildren();
  listed();
});
