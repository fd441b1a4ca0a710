/** The thread that serves the admin page. */
export { startAdminThread } from "./thread.ts";
