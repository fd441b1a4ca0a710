/// <reference lib="dom" />
import { type Signal, signal } from "@preact/signals";
import type { Figures } from "./figures.ts";
import { get, Problem, readSession } from "./api.ts";
import { type HistoryAnswer, Series } from "./series.ts";

/** The latest figures; null before the first. */
export const figures: Signal<Figures | null> = signal(null);

/** Whether figures come. */
export const isLive: Signal<boolean> = signal(false);

/** Whether the reader has stopped the figures. */
export const isPaused: Signal<boolean> = signal(false);

/** The hour of history. It changes with `figures`. */
export const series: Series = new Series();

/** Until an event stream that the broker refused is asked for again (ms). */
const AGAIN = 3000;

let source: EventSource | null = null;
let again: ReturnType<typeof setTimeout> | undefined;

/** Follows the figures until `unfollow`. */
export async function follow(): Promise<void> {
  if (source !== null) return;
  const mine = source = new EventSource("api/v1/events?channels=figures");
  mine.onopen = () => isLive.value = true;
  mine.onerror = () => void lost(mine);
  const early: Figures[] = [];
  let isRead = false;
  mine.addEventListener("figures", ({ data }) => {
    const next = JSON.parse(data) as Figures;
    if (!isRead) early.push(next);
    else take(next);
  });
  try {
    series.reset(await get<HistoryAnswer>("status/history"));
  } catch (error) {
    // The charts then begin now.
    if (!(error instanceof Problem)) throw error;
  }
  isRead = true;
  for (const one of early) take(one);
}

/** Ends it, as at a logout. */
export function unfollow(): void {
  source?.close();
  source = null;
  clearTimeout(again);
  isLive.value = false;
  figures.value = null;
}

function take(next: Figures): void {
  series.add(next);
  isLive.value = true;
  if (!isPaused.value) figures.value = next;
}

/** Browsers connect again by themselves, unless the broker refuses. */
async function lost(mine: EventSource): Promise<void> {
  isLive.value = false;
  if (mine !== source || mine.readyState !== EventSource.CLOSED) return;
  source = null;
  await readSession();
  again = setTimeout(() => void follow(), AGAIN);
}
