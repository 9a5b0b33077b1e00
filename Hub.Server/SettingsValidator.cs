using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace Hub.Server;

/// <summary>
/// Holds options to their data annotations and says for every fault which key it is, in full, and what it may be. What is said of a
/// list holds for each of its items.
/// </summary>
internal sealed class SettingsValidator<T>(string section) : IValidateOptions<T>
    where T : class
{
    public ValidateOptionsResult Validate(string? name, T options)
    {
        var faults = new List<string>();
        foreach (var property in typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
        {
            var value = property.GetValue(options);
            object?[] values = value is IEnumerable and not string ? [.. ((IEnumerable)value).Cast<object?>()] : [value];
            foreach (var rule in property.GetCustomAttributes<ValidationAttribute>())
                faults.AddRange(values.Where(each => !rule.IsValid(each)).Select(each => Describe($"{section}:{property.Name}", property, rule, each)));
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static string Describe(string key, PropertyInfo property, ValidationAttribute rule, object? value) => rule switch
    {
        RequiredAttribute => $"{key} is empty; give it a value.",
        RangeAttribute range => $"{key} is {SettingText.Show(property, value)}; it may be {SettingText.Limits(range)}.",
        _ => $"{key} is {SettingText.Show(property, value)}; {rule.FormatErrorMessage(key)}",
    };
}

/// <summary>For rooms: the way in which every room's options are held to their data annotations.</summary>
internal static class SettingsRegistration
{
    public static OptionsBuilder<T> ValidateSettings<T>(this OptionsBuilder<T> builder, string section)
        where T : class
    {
        builder.Services.AddSingleton<IValidateOptions<T>>(new SettingsValidator<T>(section));
        return builder.ValidateOnStart();
    }
}
