/* Draws every [data-chart] with Plotly from the JSON beside it, in the colours of the page's theme. */
const bundle = document.currentScript.dataset.plotly;
let loading = null;

function loadPlotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = bundle;
    script.onload = () => resolve(window.Plotly);
    script.onerror = reject;
    document.head.append(script);
  });
  return loading;
}

/* "token:ink" in a figure stands for the colour that --ink has now; "token:ink/40" for 40 % of it. */
function colourOf(token, probe) {
  const [name, share] = token.slice("token:".length).split("/");
  probe.style.color = share ? `color-mix(in srgb, var(--${name}) ${share}%, transparent)` : `var(--${name})`;
  const computed = getComputedStyle(probe).color;
  const mixed = computed.match(/^color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)(?: \/ ([\d.]+))?\)$/);
  if (!mixed) return computed;
  const [red, green, blue] = mixed.slice(1, 4).map((part) => Math.round(Number(part) * 255));
  return `rgba(${red}, ${green}, ${blue}, ${mixed[4] ?? 1})`;
}

function withColours(value, probe) {
  if (typeof value === "string") return value.startsWith("token:") ? colourOf(value, probe) : value;
  if (Array.isArray(value)) return value.map((entry) => withColours(entry, probe));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withColours(entry, probe)]));
  }
  return value;
}

/* A point of a trend leads to what changed there: the last of its figures is an address on this site, or nothing. */
function follow(event) {
  const address = event.points[0]?.customdata?.[3];
  if (address?.startsWith("/") && !address.startsWith("//")) location.assign(address);
}

async function draw(chart) {
  const source = document.getElementById(chart.dataset.chart);
  if (!source) return;
  try {
    const plotly = await loadPlotly();
    const probe = document.createElement("span");
    probe.hidden = true;
    chart.append(probe);
    const figure = withColours(JSON.parse(source.textContent), probe);
    probe.remove();
    figure.layout.font.family = getComputedStyle(document.body).fontFamily;
    let canvas = chart.querySelector(".chart-canvas");
    await plotly.react(canvas, figure.data, figure.layout, { displayModeBar: false, responsive: true });
    if (!("ready" in chart.dataset)) canvas.on("plotly_click", follow);
    chart.dataset.ready = "";
  } catch (error) {
    chart.querySelector(".chart-note").textContent = "The chart could not be drawn. Its figures are in the table below.";
    console.error(error);
  }
}

const seen = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      draw(target);
    }
  },
  { rootMargin: "200px" },
);

function watch(scope) {
  for (const chart of scope.querySelectorAll("[data-chart]:not([data-ready])")) seen.observe(chart);
}

watch(document);
document.addEventListener("htmx:load", (event) => watch(event.target));
document.addEventListener("themechange", () => {
  for (const chart of document.querySelectorAll("[data-chart][data-ready]")) draw(chart);
});
