// <time datetime="…" data-countdown>: how long there is, to the second in its last hour.
const SECOND = 1000;
const HOUR = 3600;

function two(count: number): string {
  return String(count).padStart(2, "0");
}

function written(seconds: number): string {
  if (seconds < HOUR) return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
  const [unit, length]: [Intl.RelativeTimeFormatUnit, number] =
    seconds < 24 * HOUR ? ["hour", HOUR] : ["day", 24 * HOUR];
  const language = document.documentElement.lang || "en";
  const format = new Intl.RelativeTimeFormat(language, { numeric: "always", style: "short" });
  return format.format(Math.trunc(seconds / length), unit).replace(/(\d)(?=\p{Script=Han})/u, "$1 ");
}

function update(): void {
  for (const element of document.querySelectorAll<HTMLTimeElement>("time[data-countdown]")) {
    const left = Math.floor((Date.parse(element.dateTime) - Date.now()) / SECOND);
    element.textContent = left > 0 ? written(left) : "00:00";
    element.toggleAttribute("data-soon", left < HOUR);
  }
}

export function countDown(): void {
  document.addEventListener("DOMContentLoaded", update);
  document.addEventListener("htmx:load", update);
  setInterval(update, SECOND);
}
