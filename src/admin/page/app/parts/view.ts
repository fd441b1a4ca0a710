import type { VNode } from "preact";

/** The result of a component. */
export type View = VNode | VNode[];
