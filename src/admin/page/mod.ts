/** The admin page: what browsers get. */
export { type PageFile, pageFile } from "./page_file.ts";
