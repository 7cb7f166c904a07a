// A page follows the facts: told that they changed, it fetches itself and puts in what is different.
const language = document.body.dataset.language;
const live = document.getElementById("live");
const SILENT_MS = 12_000; // two signs of life were missed: a network that is gone closes no connection
let pulse = null, source = null, heard = 0;

const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function tellAges(root = document) {
  for (const time of root.querySelectorAll("time[data-ago]")) {
    const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
    const [unit, length] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS.at(-1);
    time.title ||= time.textContent;
    const text = ago.format(Math.round(seconds / length), unit);
    if (time.textContent !== text) time.textContent = text;
  }
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-cache", signal: AbortSignal.timeout(SILENT_MS) });
  if (answer.redirected) return location.reload();
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  try {
    putIn(fresh);
  } finally { // whatever was put in, its ages are told and its charts drawn
    tellAges();
    document.dispatchEvent(new Event("facts"));
  }
}

function putIn(fresh) {
  const [own, other] = [document, fresh].map((root) => [...root.querySelectorAll("[data-live]")].map((one) => one.id));
  if (own.join() !== other.join()) { // the page itself is another one: what is put in at once is no longer in fresh
    const main = document.getElementById("main");
    main.replaceChildren(...fresh.getElementById("main").childNodes);
    remember(main);
  }
  for (const id of other) {
    const [now, then] = [document.getElementById(id), fresh.getElementById(id)];
    if (!now || !then || now.dataset.was === then.outerHTML) continue;
    const focused = now.contains(document.activeElement) ? document.activeElement.id || document.activeElement.getAttribute("href") : null;
    then.dataset.was = then.outerHTML;
    now.replaceWith(then);
    if (focused) [...then.querySelectorAll("[id],[href]")].find((one) => one.id === focused || one.getAttribute("href") === focused)?.focus();
  }
}

function remember(root) {
  for (const one of root.querySelectorAll("[data-live]")) one.dataset.was = one.outerHTML;
}

remember(document);

function lost() {
  live.textContent = live.dataset.off;
  live.classList.add("off");
  pulse ??= "";
}

function listen() {
  source?.close();
  heard = Date.now();
  source = new EventSource("/events");
  source.addEventListener("quiet", () => { heard = Date.now(); });
  source.addEventListener("facts", (event) => {
    heard = Date.now();
    live.textContent = live.dataset.on;
    live.classList.remove("off");
    const missed = pulse !== null && pulse !== event.data;
    pulse = event.data;
    if (missed) setTimeout(() => refresh().catch(() => {}), Math.random() * 300); // a hundred browsers, not all at once
  });
  source.addEventListener("error", (event) => {
    lost();
    if (event.target !== source || source.readyState !== EventSource.CLOSED) return; // it tries again by itself
    refresh().catch(() => {}); // signed out meanwhile: the page that answers is the one to sign in
    setTimeout(listen, 3000);
  });
}

if (live) {
  listen();
  addEventListener("pagehide", () => source.close());
  setInterval(() => {
    if (Date.now() - heard < SILENT_MS) return;
    lost();
    listen();
  }, 3000);
}

document.getElementById("theme").addEventListener("click", () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
  document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  localStorage.setItem("theme", document.documentElement.dataset.theme);
  document.dispatchEvent(new Event("theme"));
});
for (const button of document.querySelectorAll("[data-speak]")) {
  button.addEventListener("click", () => {
    document.cookie = `language=${button.dataset.speak}; path=/; max-age=31536000; samesite=lax`;
    location.reload();
  });
}

tellAges();
setInterval(tellAges, 5000);
setInterval(() => refresh().catch(() => {}), 60_000); // an hour becomes overdue though nothing happens
