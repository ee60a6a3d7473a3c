/* Comforts on top of pages that already work: theme, keys, toasts, copying. Nothing here is needed to read. */
const root = document.documentElement;
root.dataset.script = "";

function darkNow() {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function setTheme(theme) {
  root.dataset.theme = theme;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  announceTheme();
}

function announceTheme() {
  for (const button of document.querySelectorAll(".theme-toggle")) {
    button.setAttribute("aria-label", darkNow() ? "Use light theme" : "Use dark theme");
  }
  document.dispatchEvent(new CustomEvent("themechange"));
}

function isTyping(target) {
  return target.isContentEditable || ["INPUT", "SELECT", "TEXTAREA"].includes(target.tagName);
}

function showToast(text, level = "success") {
  const template = document.getElementById("toast-template");
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.dataset.level = level;
  toast.querySelector("p").textContent = text;
  document.querySelector(".toasts").append(toast);
  if (level === "success") setTimeout(() => toast.remove(), 8000);
}

async function copyText(button) {
  const source = button.dataset.copyTarget ? document.getElementById(button.dataset.copyTarget) : null;
  const text = source ? source.textContent : button.dataset.copy || location.href;
  try {
    await navigator.clipboard.writeText(text);
    showToast("Copied to the clipboard.");
  } catch {
    showToast("Copying needs the browser's permission. Select the text instead.", "warning");
  }
}

/* The field is there at once; what drives it comes with the first use, so that no page waits for it. */
async function openSearch(typed = "") {
  const dialog = document.getElementById("palette");
  if (!dialog || dialog.open) return;
  dialog.dataset.recent = recentPaths().filter((path) => path !== location.pathname).join(" ");
  const field = dialog.querySelector("#palette-field");
  field.value = typed;
  dialog.showModal();
  field.focus();
  const { refresh } = await import(dialog.dataset.module);
  refresh();
}

/* Where the person was lately: addresses alone, kept in this browser; the server names what may still be seen. */
function recentPaths() {
  try {
    const kept = JSON.parse(localStorage.getItem("recent") || "[]");
    return Array.isArray(kept) ? kept.filter((path) => typeof path === "string" && path.startsWith("/")) : [];
  } catch {
    return [];
  }
}

function rememberVisit() {
  const path = location.pathname;
  if (!document.getElementById("palette") || !/^\/(repositories|teams|standard)\/[^/]+\/$/.test(path)) return;
  try {
    const paths = [path, ...recentPaths().filter((one) => one !== path)].slice(0, 9);
    localStorage.setItem("recent", JSON.stringify(paths));
  } catch {
    return; /* a browser that keeps nothing has no recent visits */
  }
}

document.addEventListener("click", (event) => {
  if (event.target.closest("form.search #search")) openSearch(event.target.value);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches(".theme-toggle")) setTheme(darkNow() ? "light" : "dark");
  if (button.matches(".toast-close")) button.closest(".toast").remove();
  if (button.matches("[data-copy], [data-copy-target]")) copyText(button);
  if (button.matches("[data-print]")) print();
});

document.addEventListener("keydown", (event) => {
  const palette = event.key === "k" && (event.ctrlKey || event.metaKey);
  if (palette || (event.key === "/" && !isTyping(event.target) && !event.ctrlKey && !event.metaKey)) {
    if (document.getElementById("palette")) event.preventDefault();
    openSearch();
  }
  if (event.key === "Escape") {
    const menu = event.target.closest("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

/* A filter that changes takes effect at once; without script the form has its button. */
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-submit-on-change]");
  if (form) form.requestSubmit();
});

/* A form that was sent is not sent twice. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "true";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

/* What a link into the page points at is opened, so that it can be seen. */
function revealTarget() {
  const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  const details = target && (target.closest("details") || target.querySelector(":scope > details"));
  if (details) {
    details.open = true;
    target.scrollIntoView();
  }
}
addEventListener("hashchange", revealTarget);

/* One message while parts of the page cannot be fetched, however often they are asked for; it goes when they can. */
let troubled = null;
function trouble(text, level) {
  if (troubled?.isConnected) return;
  showToast(text, level);
  troubled = document.querySelector(".toasts").lastElementChild;
}
document.addEventListener("htmx:responseError", () => {
  trouble("The server could not answer. The page still shows what was known before; it is asked again.", "error");
});
document.addEventListener("htmx:sendError", () => {
  trouble("The connection was lost. Work goes on in the background and shows again once it is back.", "warning");
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful || !troubled) return;
  if (troubled.isConnected) showToast("The connection is back.");
  troubled.remove();
  troubled = null;
});
document.addEventListener("signedout", () => {
  showToast("You are signed out. This page stays as it is; sign in again in another tab, or send your form and sign in then.", "warning");
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", announceTheme);
announceTheme();
revealTarget();
rememberVisit();
