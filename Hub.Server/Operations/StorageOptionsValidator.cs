using Microsoft.Extensions.Options;

namespace Hub.Server.Operations;

/// <summary>Says what is wrong with <see cref="StorageOptions"/>, naming the key.</summary>
internal sealed class StorageOptionsValidator : IValidateOptions<StorageOptions>
{
    public ValidateOptionsResult Validate(string? name, StorageOptions options) =>
        string.IsNullOrWhiteSpace(options.StopBelow) || ByteSize.TryParse(options.StopBelow, out _)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"{StorageOptions.Section}:{nameof(StorageOptions.StopBelow)} is \"{options.StopBelow}\"; give bytes or a size such as 256 MiB, or leave it empty.");
}
