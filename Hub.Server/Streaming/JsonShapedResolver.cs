using System.Text;
using System.Text.Json;
using MessagePack;
using MessagePack.Formatters;
using Hub.Shared.Devices;

namespace Hub.Server.Streaming;

/// <summary>
/// Gives the product's contracts the same shape in MessagePack as in JSON: camelCase names, 64-bit numbers as strings, bodies as the
/// values that they are. So both protocols have one description, and a body (any JSON) needs no type of its own.
/// </summary>
internal sealed class JsonShapedResolver(JsonSerializerOptions json) : IFormatterResolver
{
    public IMessagePackFormatter<T>? GetFormatter<T>() =>
        typeof(T) == typeof(JsonElement) || typeof(T).Assembly == typeof(DeviceId).Assembly ? new JsonShapedFormatter<T>(json) : null;
}

/// <summary>Writes and reads a value by way of its JSON.</summary>
internal sealed class JsonShapedFormatter<T>(JsonSerializerOptions json) : IMessagePackFormatter<T>
{
    public void Serialize(ref MessagePackWriter writer, T value, MessagePackSerializerOptions options) =>
        Write(ref writer, JsonSerializer.SerializeToElement(value, json));

    public T Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        var text = new StringBuilder();
        using (var output = new StringWriter(text))
            MessagePackSerializer.ConvertToJson(ref reader, output, options);
        return JsonSerializer.Deserialize<T>(text.ToString(), json)
            ?? throw new MessagePackSerializationException($"A {typeof(T).Name} is expected, not nil.");
    }

    private static void Write(ref MessagePackWriter writer, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteMapHeader(element.GetPropertyCount());
                foreach (var property in element.EnumerateObject())
                {
                    writer.Write(property.Name);
                    Write(ref writer, property.Value);
                }

                break;
            case JsonValueKind.Array:
                writer.WriteArrayHeader(element.GetArrayLength());
                foreach (var item in element.EnumerateArray())
                    Write(ref writer, item);
                break;
            case JsonValueKind.String:
                writer.Write(element.GetString());
                break;
            case JsonValueKind.Number when element.TryGetInt64(out var whole):
                writer.Write(whole);
                break;
            case JsonValueKind.Number:
                writer.Write(element.GetDouble());
                break;
            case JsonValueKind.True or JsonValueKind.False:
                writer.Write(element.ValueKind == JsonValueKind.True);
                break;
            default:
                writer.WriteNil();
                break;
        }
    }
}
