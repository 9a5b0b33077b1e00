using System.ComponentModel.DataAnnotations;
using Hub.Server;
using Hub.Server.Security.Operators;
using Xunit;

namespace Hub.Tests.Application;

public sealed class SettingsValidatorTests
{
    [Fact]
    public void Validate_Secret_IsNotShown()
    {
        var result = new SettingsValidator<Lock>("Hub:Lock").Validate(null, new Lock { Password = "hunter2" });

        Assert.Equal("Hub:Lock:Password is a value that is not shown; it is too short.", Assert.Single(result.Failures!));
    }

    [Fact]
    public void Show_AdminPassword_IsNotShown() =>
        Assert.DoesNotContain("hunter2", SettingText.Show(typeof(PortalOptions).GetProperty(nameof(PortalOptions.AdminPassword))!, "hunter2"), StringComparison.Ordinal);

    [Fact]
    public void Validate_List_HoldsEachItem()
    {
        var result = new SettingsValidator<Lock>("Hub:Lock").Validate(null, new Lock { Password = "longer than that", Names = ["good", "no"] });

        Assert.Equal("Hub:Lock:Names is 'no'; a name has three letters.", Assert.Single(result.Failures!));
    }

    private sealed class Lock
    {
        [DataType(DataType.Password), MinLength(8, ErrorMessage = "it is too short.")]
        public string Password { get; init; } = string.Empty;

        [MinLength(3, ErrorMessage = "a name has three letters.")]
        public IReadOnlyList<string> Names { get; init; } = [];
    }
}
