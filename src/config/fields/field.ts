/** A JSON Schema fragment, for what may stand in the file. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** One setting: its meaning, its default, and how its value is read. */
export interface Field<T> {
  /** One line, for the example file and for editors. */
  readonly doc: string;
  /** Allowed values in words: `1 to 65535`; empty when the type says it. */
  readonly range: string;
  readonly default: T;
  /** The default as it stands in the example file, in TOML. */
  readonly defaultText: string;
  /** JSON Schema for editors. */
  readonly json: JsonSchema;
  /** A secret may be a `file:` reference, and is never printed. */
  readonly secret?: boolean;
  /**
   * The value with a stand-in for the part of it that may be a secret; missing
   * where no part is.
   */
  hide?(value: T, standIn: (secret: string) => string): T;
  /** A path: a relative one is taken from the folder of its file. */
  readonly isPath?: boolean;
  /** For a listener: where the value comes from when it is left out. */
  readonly inherits?: readonly [section: string, key: string];
  /** For a listener: the types that have it; all when left out. */
  readonly types?: readonly string[];
  /** For a list of tables: what each of them may say. */
  readonly tables?: Readonly<Record<string, Field<unknown>>>;
  /** True if the example shows it as a comment, which a copy leaves out. */
  readonly isCommented?: boolean;
  /** Checks a value of the configuration. Throws `RangeError`: what is wrong. */
  read(value: unknown): T;
  /** Returns the value in TOML, such that `read` gives it back. */
  write(value: T): string;
}

/** A field for each member of a section of the settings. */
export type FieldsOf<Section> = {
  readonly [Key in keyof Section]-?: Field<Section[Key]>;
};

/**
 * Returns a value as an error message shows it: at most 60 characters, without
 * the name and password that an address may have before its host.
 */
export function shown(value: unknown): string {
  const text = (JSON.stringify(value) ?? String(value))
    .replace(/\/\/.*@/, "//(hidden)@");
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
