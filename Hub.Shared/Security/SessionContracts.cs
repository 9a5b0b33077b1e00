namespace Hub.Shared.Security;

/// <summary>The rights that the portal knows.</summary>
public static class OperatorRights
{
    /// <summary>See devices.</summary>
    public const string RegistryRead = nameof(RegistryRead);

    /// <summary>Create, change and delete devices, and see their keys.</summary>
    public const string RegistryReadWrite = nameof(RegistryReadWrite);

    /// <summary>Read telemetry, and send to devices.</summary>
    public const string ServiceConnect = nameof(ServiceConnect);
}

/// <summary>Who is asking: <c>GET /api/v1/session</c>, open to all.</summary>
public sealed record SessionInfo
{
    /// <summary>The operator's name; null when nobody is signed in.</summary>
    public string? UserName { get; init; }

    /// <summary>What the operator may do: names out of <see cref="OperatorRights"/>.</summary>
    public required IReadOnlyList<string> Rights { get; init; }

    /// <summary>True while no operator exists, so that the one-time link has to be used first.</summary>
    public required bool SetUpNeeded { get; init; }

    /// <summary>What to send as <see cref="AntiforgeryHeader"/> with every unsafe verb; null when nobody is signed in.</summary>
    public string? AntiforgeryToken { get; init; }

    /// <summary>The header that carries the antiforgery token.</summary>
    public const string AntiforgeryHeader = "X-Hub-Antiforgery";
}

/// <summary><c>POST /api/v1/session</c>: sign in. 200 with <see cref="SessionInfo"/>; 401 when name or password is wrong; 429 while locked out.</summary>
/// <param name="UserName">The operator's name.</param>
/// <param name="Password">The password.</param>
public sealed record SignInRequest(string UserName, string Password)
{
    /// <summary>Keeps the password out of logs and messages.</summary>
    public override string ToString() => "SignInRequest";
}

/// <summary><c>POST /api/v1/set-up</c>: makes the first operator. 200 with <see cref="SessionInfo"/>, signed in; 403 when the link is used up or wrong.</summary>
/// <param name="Token">The token of the one-time link.</param>
/// <param name="UserName">The operator's name.</param>
/// <param name="Password">The password, at least 10 characters.</param>
public sealed record SetUpRequest(string Token, string UserName, string Password)
{
    /// <summary>Keeps the secrets out of logs and messages.</summary>
    public override string ToString() => "SetUpRequest";
}
