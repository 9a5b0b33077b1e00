using Hub.Server;
using Xunit;

namespace Hub.Tests.Application;

public sealed class ForeignTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain text ~", "plain text ~")]
    [InlineData("Grüße, 世界, \U0001F600", "Grüße, 世界, \U0001F600")]
    [InlineData("a\r\nb\tc\0d\u007F\u0085e", "a??b?c?d??e")]
    [InlineData("\u001b[31mred\u009b0m", "?[31mred?0m")]
    [InlineData("a\u2028b\u2029c", "a?b?c")]
    [InlineData("\u202Eevil\u2066\u200B\uFEFF", "?evil???")]
    public void Clean_AnyText_IsOneHarmlessLine(string text, string expected) => Assert.Equal(expected, ForeignText.Clean(text, 100));

    [Theory]
    [InlineData("1234567890", "1234567890")]
    [InlineData("12345678901", "1234567890…")]
    [InlineData("123456789\U0001F600", "123456789…")]
    [InlineData("12345678\U0001F600x", "12345678\U0001F600…")]
    public void Clean_LongText_IsCutBetweenCharacters(string text, string expected) => Assert.Equal(expected, ForeignText.Clean(text, 10));

    /// <summary>Not as theory data: the runner's reports cannot hold them.</summary>
    [Fact]
    public void Clean_HalvesOfCharacters_BecomeQuestionMarks()
    {
        Assert.Equal("a?b", ForeignText.Clean("a\ud800b", 100));
        Assert.Equal("a?", ForeignText.Clean("a\udc00", 100));
        Assert.Equal("??", ForeignText.Clean("\udc00\ud800", 100));
        Assert.Equal("a?", ForeignText.Clean("a\ud800", 2));
    }
}
