using System.Globalization;
using Hub.Shared.Devices;

namespace Hub.Server.Api;

/// <summary>
/// Reads the query of a request by its declared parameters. The first thing that is wrong is kept as a sentence in <see cref="Fault"/>.
/// A parameter that is not known is wrong too: a misspelt filter would otherwise answer with everything.
/// </summary>
internal sealed class QueryReader
{
    public const int MaxLimit = 1_000;
    public const int MaxTextLength = 256;

    /// <summary>What a device says when it rejects may be this long.</summary>
    private const int MaxGivenLength = 2_048;

    private readonly IQueryCollection _query;

    public QueryReader(HttpRequest request, IReadOnlyList<QueryParameter> known)
    {
        _query = request.Query;
        foreach (var (name, values) in _query)
        {
            if (!known.Any(parameter => string.Equals(parameter.Name, name, StringComparison.OrdinalIgnoreCase)) && !IsCommon(name))
                Fault ??= $"There is no parameter {ForeignText.Clean(name, 40)} here; there are {string.Join(", ", known.Select(parameter => parameter.Name))}.";
            else if (values.Count > 1)
                Fault ??= "A parameter is given once.";
        }
    }

    /// <summary>What is wrong, in a sentence; null while nothing is.</summary>
    public string? Fault { get; private set; }

    /// <summary>The text, or null when it is absent or empty.</summary>
    public string? Text(string name, int maxLength = MaxTextLength)
    {
        var value = _query[name].ToString();
        if (value.Length > maxLength)
            Fault ??= $"{name} has at most {maxLength} characters.";
        return value.Length == 0 ? null : value;
    }

    /// <summary>The text, empty where it is given without a value, or null when it is absent.</summary>
    public string? Given(string name) => _query.ContainsKey(name) ? Text(name, MaxGivenLength) ?? "" : null;

    public long? Number(string name, long least, long greatest, string? limits = null)
    {
        if (Text(name) is not { } text)
            return null;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= greatest)
            return number;
        Fault ??= $"{name} is a whole number, {limits ?? $"{least} to {greatest}"}.";
        return null;
    }

    public int Limit() => (int)(Number("limit", 1, MaxLimit) ?? 100);

    public bool? Truth(string name) => Choice(name, [("true", (bool?)true), ("false", false)]);

    public T? Choice<T>(string name, IReadOnlyList<(string Name, T Value)> choices)
    {
        if (Text(name) is not { } text)
            return default;
        foreach (var choice in choices)
        {
            if (string.Equals(choice.Name, text, StringComparison.OrdinalIgnoreCase))
                return choice.Value;
        }

        Fault ??= $"{name} is {string.Join(" or ", choices.Select(choice => choice.Name))}.";
        return default;
    }

    public DeviceId? Device(string name)
    {
        if (Text(name, int.MaxValue) is not { } text)
            return null;
        if (DeviceId.TryParse(text, out var id))
            return id;
        Fault ??= DeviceId.Rule;
        return null;
    }

    public DateTimeOffset? Time(string name)
    {
        if (Text(name) is not { } text)
            return null;
        // Of the ISO forms only: "today" or "5/6/26" would mean something else to everybody.
        if (text.Length >= 10 && text[4] == '-' && text[7] == '-'
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
            return time;
        Fault ??= $"{name} is a time as in ISO 8601, such as 2026-01-31T12:00:00Z.";
        return null;
    }

    /// <summary>A time to wait: a number with s or m.</summary>
    public TimeSpan? Wait(string name, TimeSpan atMost)
    {
        if (Text(name) is not { } text)
            return null;
        if (text[^1] is 's' or 'm' && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && TimeSpan.FromSeconds(text[^1] == 's' ? number : 60L * number) is var wait && wait > TimeSpan.Zero && wait <= atMost)
            return wait;
        Fault ??= $"{name} is a number of seconds or minutes such as 30s, at most {atMost.TotalMinutes:0}m.";
        return null;
    }

    /// <summary>Adds a fault that the reader cannot see.</summary>
    public void Require(bool holds, string otherwise)
    {
        if (!holds)
            Fault ??= otherwise;
    }

    /// <summary>What any call may carry: the version that Azure's tools send.</summary>
    private static bool IsCommon(string name) => name is "api-version";
}
