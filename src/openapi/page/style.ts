/**
 * What the style sheet of Swagger UI leaves to be wished for: calmer measures, fonts of the system, narrow screens, names
 * that can be read in the dark, and nothing to fill in or choose from that has one answer only. Kept as text like the
 * script beside it.
 */
export const docsStyle = `
:root {
  --sans: system-ui, sans-serif;
  --line: #d8dade;
  --ink: #3b4151;
  --accent: #1f4f8f;
}
html.dark-mode {
  --line: #545d61;
  --ink: #e4e6e6;
  --accent: #8ab8f0;
}
body {
  margin: 0;
  color: var(--ink);
  font: 1rem/1.5 var(--sans);
}
.docs-head,
#api .wrapper:not(.dialog-ux .wrapper) {
  box-sizing: border-box;
  max-width: 70rem;
  margin-inline: auto;
  padding-inline: 1.25rem;
}
.docs-head {
  display: flex;
  align-items: center;
  justify-content: space-between;
  padding-block: 0.75rem;
}
.docs-head img {
  display: block;
}
.docs-head a,
.docs-note a {
  color: var(--accent);
}
.docs-note {
  max-width: 36rem;
  margin: 2rem auto;
  padding-inline: 1.25rem;
}
:focus-visible {
  outline: 2px solid var(--accent);
  outline-offset: 2px;
}

#api :is(h1, h2, h3, h4, h5, p, li, label, button, select, input, td, th) {
  font-family: var(--sans);
}
#api .info {
  margin: 1rem 0 0;
}
#api .info :is(p, li, td, th) {
  font-size: 1rem;
  line-height: 1.5;
}
#api .renderedMarkdown code {
  padding: 0.1em 0.25em;
  overflow-wrap: break-word;
}
#api .renderedMarkdown td:last-child code {
  overflow-wrap: anywhere;
}
#api .renderedMarkdown td {
  padding: 0.4rem 1rem 0.4rem 0;
}
#api .scheme-container {
  padding-block: 1rem;
}
#api .opblock-summary-description {
  font-family: var(--sans);
}

/* The colours of the buttons and methods, dark enough to be read on white, or white on them. */
html:not(.dark-mode) #api {
  .btn.authorize {
    border-color: #1b7340;
    color: #1b7340;
  }
  .btn.execute {
    border-color: #1f4f8f;
    background: #1f4f8f;
  }
  .opblock-post .opblock-summary-method {
    background: #1b7340;
  }
  .opblock-get .opblock-summary-method {
    background: #1f4f8f;
  }
  .opblock-patch .opblock-summary-method {
    background: #0b6b66;
  }
  .opblock-delete .opblock-summary-method {
    background: #a3211b;
  }
}

/* There is one server, and there are no links: columns and fields that say nothing. */
#api .schemes-server-container,
#api .scope-def,
#api .response-col_links {
  display: none;
}
#api .schemes.wrapper {
  justify-content: flex-end;
}
/* Both grants are for the built-in client here, which has neither a name to give nor a secret. */
#api .auth-container .wrapper:has(> :is([for="password_type"], [for="client_id_password"], [for="client_secret_password"], [for="client_id_authorizationCode"], [for="client_secret_authorizationCode"])) {
  display: none;
}
#api .modal-ux-content {
  max-height: min(46rem, 78vh);
}
#api .auth-container input:is([type="text"], [type="password"]) {
  box-sizing: border-box;
  width: 100%;
  max-width: 24rem;
}
/* In view wherever the dialog is scrolled to. */
#api .auth-container .errors {
  position: sticky;
  bottom: 0;
  margin-inline: 0;
  color: #8c1d18;
  font-family: var(--sans);
  font-size: 0.875rem;
}
#api .auth-container .errors b {
  display: none;
}
#api .auth-container :is(p, label, .name, .description) {
  font-size: 0.875rem;
  font-style: normal;
}
#api .checkbox p.name {
  font-weight: 600;
}
html.dark-mode #api :is(table.headers td, .errors__title, .errors h4, .errors__clear-btn, .header-col, .tab li, .renderedMarkdown :is(th, td)) {
  color: var(--ink);
}

@media (max-width: 40rem) {
  #api .info .title {
    font-size: 1.75rem;
  }
  #api .info .version-stamp {
    display: none;
  }
  #api .opblock-tag {
    display: grid;
    grid-template-columns: 1fr auto;
    font-size: 1.25rem;
  }
  #api .opblock-tag small {
    grid-row: 2;
    padding: 0;
  }
  #api .info table {
    display: block;
    overflow-x: auto;
  }
  #api .responses-table {
    table-layout: fixed;
    width: 100%;
  }
  #api .responses-table .response-col_status {
    width: 3rem;
  }
  #api :is(.table-container, .responses-inner) {
    padding-inline: 0.75rem;
  }
}
`.trimStart()

/** A tick in a square. */
export const docsIcon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f4f8f"/>' +
  '<path d="M8.5 16.5l5 5 10-11" fill="none" stroke="#fff" stroke-width="3.5" stroke-linecap="round" ' +
  'stroke-linejoin="round"/></svg>\n'
