/// <reference lib="dom" />
import { html } from "htm/preact";
import { useRef } from "preact/hooks";
import type { Query } from "../data/api.ts";
import { replaceQuery } from "../data/route.ts";
import type { View } from "./view.ts";

/** Keeps names of fields from hiding members of the form, such as `id`. */
const PREFIX = "filter-";

/** A field of a filter: a text, a choice, or a yes. */
export interface FilterField {
  /** As in the query. */
  readonly name: string;
  readonly label: string;
  /** Values, and what they are called. */
  readonly options?: readonly (readonly [string, string])[];
  readonly isFlag?: boolean;
}

/** A form whose fields are the query of the page. */
export function Filters(
  { label, query, fields, more = [] }: {
    label: string;
    query: Query;
    fields: readonly FilterField[];
    /** Fields that are seldom needed. */
    more?: readonly FilterField[];
  },
): View {
  const form = useRef<HTMLFormElement>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    const data = new FormData(form.current!);
    const next: Record<string, string> = {};
    for (const { name } of [...fields, ...more]) {
      const value = String(data.get(PREFIX + name) ?? "");
      if (value !== "") next[name] = value;
    }
    if (query.sort !== undefined) next.sort = String(query.sort);
    replaceQuery(next);
  };
  const isMore = more.some(({ name }) => query[name] !== undefined);
  const field = (one: FilterField) =>
    html`<${Field} key=${one.name} field=${one} value=${
      query[one.name] ?? ""
    } />`;
  return html`
    <form class="filters" ref=${form} role="search" aria-label=${label}
      onSubmit=${submit}>
      <div class="fields">
        ${fields.map(field)}
        <button class="main">Show</button>
        <button type="button" onClick=${() => {
          form.current!.reset();
          replaceQuery({});
        }}>Clear</button>
      </div>
      ${more.length > 0 && html`
        <details open=${isMore}>
          <summary>More filters</summary>
          <div class="fields">${more.map(field)}</div>
        </details>
      `}
    </form>
  `;
}

function Field(
  { field, value }: { field: FilterField; value: unknown },
): View {
  const { name, label, options, isFlag } = field;
  if (isFlag) {
    return html`<label class="check"><input type="checkbox" name=${
      PREFIX + name
    }
      value="true" defaultChecked=${value === "true"}
      key=${value} />${label}</label>`;
  }
  if (options !== undefined) {
    return html`<label>${label}<select name=${PREFIX + name} key=${value}>${
      options.map(([one, text]) =>
        html`<option value=${one} selected=${one === value}>${text}</option>`
      )
    }</select></label>`;
  }
  return html`<label>${label}<input name=${PREFIX + name} defaultValue=${value}
    key=${value} autocapitalize="none" autocomplete="off"
    spellcheck=${false} /></label>`;
}
