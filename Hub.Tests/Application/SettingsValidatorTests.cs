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

        Assert.Equal("Hub:Lock:Password is not usable (its value is not shown); it is too short.", Assert.Single(result.Failures!));
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

    [Theory]
    [InlineData("00:00:30", true)]
    [InlineData("7.00:00:00", true)]
    [InlineData("00:00:00.0020000", true)]
    [InlineData("-00:00:01", true)]
    [InlineData("7", false)]
    [InlineData(" 7 ", false)]
    [InlineData("1:30", false)]
    [InlineData("7.5", false)]
    [InlineData("24:00:00", false)]
    [InlineData("7d", false)]
    [InlineData("", false)]
    public void IsPlainSpan_Text_IsTakenWhenItsUnitsAreCertain(string text, bool plain)
    {
        Assert.Equal(plain, SettingText.IsPlainSpan(text));
        Assert.True(!plain || TimeSpan.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out _));
    }

    private sealed class Lock
    {
        [DataType(DataType.Password), MinLength(8, ErrorMessage = "it is too short.")]
        public string Password { get; init; } = string.Empty;

        [MinLength(3, ErrorMessage = "a name has three letters.")]
        public IReadOnlyList<string> Names { get; init; } = [];
    }
}
