using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using Hub.Shared.Security;

namespace Hub.Cli.Common;

/// <summary>How a command reaches the hub's API: its address, the policy whose key signs the tokens, and whose certificates it takes.</summary>
internal sealed record HubAccess(ServiceConnectionString ConnectionString, Uri Api, ServerTrust Trust)
{
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);

    /// <summary>What to say to a token that the hub does not take.</summary>
    public string Unauthorized =>
        $"The hub at {Where} does not accept the connection string (host name {ConnectionString.HostName}, policy {ConnectionString.PolicyName}): "
        + "the host name, the policy or its key is another hub's, or the clocks differ. Print it anew: dotnet run --project Hub.Server -- connection-string";

    private string Where => Api.GetLeftPart(UriPartial.Authority);

    /// <summary>A fresh token of the policy, good for an hour.</summary>
    public string Token(TimeProvider clock) => SharedAccessSignature.Create(
        ConnectionString.HostName, ConnectionString.SharedAccessKey, clock.GetUtcNow() + TokenLifetime, ConnectionString.PolicyName);

    /// <summary>A client whose requests carry a token; it is for the length of one command.</summary>
    public HttpClient CreateClient(TimeProvider clock)
    {
        var client = new HttpClient(new TokenHandler(this, clock)) { BaseAddress = Api, Timeout = TimeSpan.FromSeconds(100) };
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("hub", null));
        return client;
    }

    /// <summary>What carries requests to the hub.</summary>
    public SocketsHttpHandler CreateTransport() => new()
    {
        SslOptions = { RemoteCertificateValidationCallback = (_, certificate, chain, errors) => Trust.Accepts(certificate, chain, errors) },
    };

    /// <summary>Why the hub could not be reached, in a sentence.</summary>
    public string Explain(Exception fault) => fault is HttpRequestException { StatusCode: HttpStatusCode.Unauthorized }
        ? Unauthorized
        : fault is HttpRequestException { StatusCode: { } status } ? $"The hub at {Where} answered {(int)status}." : Trust.Explain(fault, Where);

    /// <summary>Signs each request anew, so that a long command outlives its first token; says in a sentence when the hub cannot be used.</summary>
    private sealed class TokenHandler(HubAccess access, TimeProvider clock) : DelegatingHandler(access.CreateTransport())
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.TryAddWithoutValidation("Authorization", access.Token(clock));
            HttpResponseMessage response;
            try
            {
                response = await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException e)
            {
                throw new CommandException(access.Explain(e), e);
            }

            if (response.StatusCode != HttpStatusCode.Unauthorized)
                return response;
            response.Dispose();
            throw new CommandException(access.Unauthorized);
        }
    }
}

/// <summary>The options by which every command finds the hub.</summary>
internal sealed class HubAccessOptions
{
    /// <summary>The variable that stands in for <c>--connection-string</c>.</summary>
    public const string Variable = "HUB_CONNECTION_STRING";

    public Option<string?> ConnectionString { get; } = new("--connection-string", "-c")
    {
        Description = $"Service connection string; without it the variable {Variable} is read. "
            + "The server prints one: dotnet run --project Hub.Server -- connection-string",
    };

    public Option<string?> Api { get; } = new("--api")
    {
        Description = "Address of the hub's API. Default: http://127.0.0.1:8080 when the host name is this machine, else https://HOST:8443.",
    };

    public Option<string?> Authority { get; } = new("--ca")
    {
        Description = "File with the authority (PEM) that signed the server's certificate, for https and mqtts: tls/ca.pem in the hub's data directory.",
        HelpName = "FILE",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(ConnectionString);
        command.Options.Add(Api);
        command.Options.Add(Authority);
    }

    public ServerTrust ReadTrust(ParseResult result) => ServerTrust.Read(result.GetValue(Authority));

    /// <summary>Reads them, or says what is missing.</summary>
    public HubAccess Read(ParseResult result)
    {
        var text = result.GetValue(ConnectionString) ?? Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrWhiteSpace(text))
            throw new UsageException($"A service connection string is needed: give --connection-string or set {Variable}.");
        var parsed = ServiceConnectionString.TryParse(text)
            ?? throw new UsageException("The connection string has to read HostName=...;SharedAccessKeyName=...;SharedAccessKey=...");
        if (!Convert.TryFromBase64String(parsed.SharedAccessKey, new byte[parsed.SharedAccessKey.Length], out _))
            throw new UsageException("The SharedAccessKey of the connection string is no base64.");
        var api = result.GetValue(Api) ?? DefaultApi(parsed.HostName);
        return Uri.TryCreate(api, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https")
            ? new HubAccess(parsed, uri, ReadTrust(result))
            : throw new UsageException("--api has to be an address such as http://127.0.0.1:8080.");
    }

    private static string DefaultApi(string host) =>
        Loopback.IsName(host) ? "http://127.0.0.1:8080" : $"https://{host}:8443";
}
