// <time datetime="2026-11-22T10:00:00+08:00" data-relative>: shown as "12 minutes ago" in the
// page's language and kept so; the server's own absolute text becomes the hint.
const MINUTE = 60;
const STEPS: [limit: number, seconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [MINUTE, 1, "second"],
  [60 * MINUTE, MINUTE, "minute"],
  [24 * 60 * MINUTE, 60 * MINUTE, "hour"],
  [30 * 24 * 60 * MINUTE, 24 * 60 * MINUTE, "day"],
];

let format: Intl.RelativeTimeFormat | undefined;

/** Made once: a list has a hundred instants, and a page keeps its language. */
function written(): Intl.RelativeTimeFormat {
  const language = document.documentElement.lang || "en";
  return (format ??= new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" }));
}

function relative(seconds: number): string | null {
  const step = STEPS.find(([limit]) => Math.abs(seconds) < limit);
  if (!step) return null;
  const words = written().format(Math.trunc(seconds / step[1]), step[2]);
  // Chinese is set with a space between figures and words.
  return words.replace(/(\d)(?=\p{Script=Han})/u, "$1 ");
}

function update(): void {
  for (const element of document.querySelectorAll<HTMLTimeElement>("time[data-relative]")) {
    const age = relative((Date.parse(element.dateTime) - Date.now()) / 1000);
    element.title ||= element.textContent?.trim() ?? "";
    // What lies long back is shown to the minute; the hint has the seconds and the zone too.
    element.textContent = age ?? element.title.replace(/:\d\d \(.*$/, "");
  }
}

export function keepTimesRelative(): void {
  document.addEventListener("DOMContentLoaded", update);
  document.addEventListener("htmx:load", update);
  setInterval(update, MINUTE * 1000);
}
