namespace Hub.Portal;

/// <summary>The root: routes an address to a page, and those who are not signed in to sign-in.</summary>
public sealed partial class App;
