using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hub.Cli.Common;

/// <summary>How a command prints.</summary>
internal enum OutputFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>One JSON document.</summary>
    Json,

    /// <summary>A JSON document a line.</summary>
    Jsonl,
}

/// <summary>JSON as the hub writes it.</summary>
internal static class Json
{
    public static readonly JsonSerializerOptions Line = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static readonly JsonSerializerOptions Indented = new(Line) { WriteIndented = true };
}
