/// <reference lib="dom" />
import { html } from "htm/preact";
import { isAdmin } from "../data/api.ts";
import { Card, Head } from "../parts/shell.ts";
import type { View } from "../parts/view.ts";
import { PublishBox } from "./publish_box.ts";
import { RetainedLevels } from "./retained_levels.ts";
import { RetainedSearch } from "./retained_search.ts";

/** Retained messages by level and by filter, and a box to publish. */
export function Topics(): View {
  return html`
    <${Head} title="Topics" />
    ${isAdmin() && html`<${PublishBox} />`}
    <${Card} title="Retained messages, level by level" wide=${true}>
      <${RetainedLevels} />
      <//>
      <${Card} title="Search retained messages" wide=${true}>
        <${RetainedSearch} />
        <//>
  `;
}
