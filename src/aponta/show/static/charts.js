// Charts: what to draw comes from the API, what draws it out of an installed package. Where one of them cannot be had,
// the chart's numbers are opened instead. Colours are CSS variables, so they follow the theme by themselves.
const language = document.body.dataset.language;
const drawn = new Map(); // a chart's place -> what was drawn there, and from which definition
let tools = null;

async function draw(place) {
  const answer = await fetch(place.dataset.chart, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${place.dataset.chart}: ${answer.status}`);
  const [{ embed, locales }, text] = await Promise.all([(tools ??= import("/api/charts/bundle.js")), answer.text()]);
  const before = drawn.get(place);
  if (before?.text === text || !place.isConnected) return;
  const { finalize } = await embed(place, JSON.parse(text), {
    mode: "vega-lite", renderer: "svg", ast: true, actions: false, defaultStyle: false,
    tooltip: { disableDefaultStyle: true },
    formatLocale: locales[language].number, timeFormatLocale: locales[language].time,
  });
  place.querySelector("svg").ariaHidden = "true"; // what it shows is said by its place, and by the table
  before?.finalize();
  drawn.set(place, { text, finalize });
}

function show(place, could) {
  const figure = place.closest("figure");
  place.hidden = !could;
  figure.querySelector(":scope > .note").hidden = could;
  if (!could) figure.querySelector("details").open = true;
}

async function drawAll() {
  for (const [place, { finalize }] of drawn) if (!place.isConnected) finalize() || drawn.delete(place);
  for (const place of document.querySelectorAll("[data-chart]")) {
    if (place.hidden) show(place, true); // it may go now: and a hidden place has no width
    await draw(place).then(() => true, () => { tools = drawn.size ? tools : null; return false; }).then((could) => show(place, could || drawn.has(place)));
  }
}

let drawing = drawAll();
document.addEventListener("facts", () => { drawing = drawing.then(drawAll); }); // one after the other
