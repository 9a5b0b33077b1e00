namespace Hub.Server.Api;

/// <summary>A query parameter that an endpoint takes: metadata for the API's description, and what <see cref="QueryReader"/> lets pass.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its JSON type.</param>
/// <param name="Description">What it does.</param>
/// <param name="Example">A value.</param>
internal sealed record QueryParameter(string Name, string Type, string Description, string? Example = null);
