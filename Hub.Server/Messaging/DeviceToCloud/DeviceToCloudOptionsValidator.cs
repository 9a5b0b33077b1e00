using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>Says for every setting that is out of range which key it is and what it may be.</summary>
internal sealed class DeviceToCloudOptionsValidator : IValidateOptions<DeviceToCloudOptions>
{
    public ValidateOptionsResult Validate(string? name, DeviceToCloudOptions options)
    {
        var faults = new List<string>();
        foreach (var property in typeof(DeviceToCloudOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var value = property.GetValue(options);
            if (property.GetCustomAttribute<RangeAttribute>() is { } range && !range.IsValid(value))
                faults.Add($"{DeviceToCloudOptions.Section}:{property.Name} is {value}; it may be {range.Minimum} to {range.Maximum}.");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
