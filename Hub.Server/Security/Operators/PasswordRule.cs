using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Identity;

namespace Hub.Server.Security.Operators;

/// <summary>What a password must be, whoever chooses it: the set-up page holds to this, and so does the setting.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PasswordRuleAttribute : ValidationAttribute
{
    private const int MinLength = 10;
    private const int MinDistinct = 4;

    public static void Apply(PasswordOptions options)
    {
        options.RequiredLength = MinLength;
        options.RequiredUniqueChars = MinDistinct;
        options.RequireDigit = false;
        options.RequireLowercase = false;
        options.RequireUppercase = false;
        options.RequireNonAlphanumeric = false;
    }

    /// <summary>An empty setting is none.</summary>
    public override bool IsValid(object? value) =>
        value is null or "" || (value is string password && password.Length >= MinLength && password.Distinct().Count() >= MinDistinct);

    public override string FormatErrorMessage(string name)
    {
        // In the words that the set-up page gives back.
        var words = new IdentityErrorDescriber();
        return $"{words.PasswordTooShort(MinLength).Description} {words.PasswordRequiresUniqueChars(MinDistinct).Description}";
    }
}
