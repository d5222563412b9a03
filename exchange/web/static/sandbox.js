// Starts GraphiQL in the sandbox. Nothing is kept in the browser.
window.__webpack_nonce__ = document.currentScript.nonce; // GraphiQL gives it to the style elements that it adds.
const place = document.getElementById("graphiql");
const start = JSON.parse(place.dataset.start);
const keepsNothing = { length: 0, getItem: () => null, setItem() {}, removeItem() {}, clear() {} };

ReactDOM.createRoot(place).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: "/sandbox/graphql", headers: { [start.header]: start.member } }),
    query: start.query,
    variables: JSON.stringify(start.variables, null, 2),
    storage: keepsNothing,
    isHeadersEditorEnabled: false,
  }),
);
