using System.Collections;
using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using Hub.Server;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Hub.Tests;

/// <summary>The file at the top is where a reader looks up what can be set: it holds every key with its default, and nothing else.</summary>
public sealed class AppSettingsTests
{
    private static readonly IConfiguration File = WithFile().Build();

    [Fact]
    public void AppSettings_EveryOption_StandsWithItsDefault()
    {
        foreach (var (section, type) in OptionTypes())
        {
            var defaults = Activator.CreateInstance(type)!;
            foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
            {
                var key = $"{section}:{property.Name}";
                var expected = property.GetValue(defaults);
                if (expected is IEnumerable and not string)
                {
                    Assert.True(File.GetSection(key).Value is null or "", $"{key} is a list, empty by default.");
                    continue;
                }

                Assert.True(File[key] is not null, $"{key} is missing in appsettings.json.");
                var actual = property.PropertyType == typeof(TimeSpan)
                    ? TimeSpan.Parse(File[key]!, CultureInfo.InvariantCulture)
                    : TypeDescriptor.GetConverter(property.PropertyType).ConvertFromInvariantString(File[key]!);
                Assert.True(Equals(expected, actual), $"{key} is {actual} in appsettings.json, {expected} in {type.Name}.");
            }
        }
    }

    [Fact]
    public void AppSettings_EveryKey_IsKnown() => Assert.Null(KnownKeys.FindFault(File));

    [Theory]
    [InlineData("Hub:DataDirectroy")]
    [InlineData("Hub:Messaging:DeviceToCloud:Retention:Days")]
    [InlineData("Hub:Nothing:At:All")]
    public void FindFault_MisspeltKey_IsFound(string key)
    {
        var configuration = WithFile().AddInMemoryCollection([new(key, "1")]).Build();

        Assert.StartsWith($"The setting {key} is unknown:", KnownKeys.FindFault(configuration), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Hub")]
    [InlineData("Hub:HostNameAliases:3")]
    public void FindFault_VariableOfOthersOrItemOfList_IsNone(string key)
    {
        var configuration = WithFile().AddInMemoryCollection([new(key, "hub.example.com")]).Build();

        Assert.Null(KnownKeys.FindFault(configuration));
    }

    [Fact]
    public void FindFault_Null_NamesTheKey()
    {
        using var json = new MemoryStream("""{ "Hub": { "HostName": null } }"""u8.ToArray());
        var configuration = WithFile().AddJsonStream(json).Build();

        Assert.StartsWith("Hub:HostName is null;", KnownKeys.FindFault(configuration), StringComparison.Ordinal);
    }

    private static IConfigurationBuilder WithFile() => new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"));

    private static IEnumerable<(string Section, Type Type)> OptionTypes() =>
        from type in typeof(HubApplication).Assembly.GetTypes()
        let section = type.GetField("Section", BindingFlags.Public | BindingFlags.Static)
        where section is not null
        select ((string)section.GetRawConstantValue()!, type);
}
