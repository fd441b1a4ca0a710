/// <reference lib="dom" />
import { html } from "htm/preact";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { logIn, loginNotice, Problem } from "../data/api.ts";
import type { View } from "./view.ts";
import { ThemeButton } from "./theme.ts";

/** The form to log in. */
export function Login(): View {
  const isBusy = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    document.title = "Log in – Dunlin";
    form.current!.querySelector("input")!.focus();
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    const data = new FormData(form.current!);
    isBusy.value = true;
    loginNotice.value = "";
    try {
      await logIn(String(data.get("user")), String(data.get("password")));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      loginNotice.value = error.message;
    } finally {
      isBusy.value = false;
    }
  };
  return html`
    <main class="login">
      <form ref=${form} onSubmit=${submit} aria-labelledby="login-title">
        <h1 id="login-title"><span class="mark" aria-hidden="true"></span>
          Dunlin</h1>
        <div role="alert">${loginNotice.value &&
          html`<p class="fault">${loginNotice.value}</p>`}</div>
        <label>User
          <input name="user" autocomplete="username" required maxlength="100"
            autocapitalize="none" spellcheck=${false} /></label>
        <label>Password
          <input name="password" type="password" required maxlength="1024"
            autocomplete="current-password" /></label>
        <button class="main" disabled=${isBusy.value}>Log in</button>
        <p class="note">${"No password at hand? On the broker's machine, "}
          <code>dunlin admin open</code>${" opens this page logged in, and "}
          <code>dunlin admin password</code>${" sets a new one."}</p>
        <${ThemeButton} />
      </form>
    </main>
  `;
}
