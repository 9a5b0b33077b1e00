using Hub.Portal.Components;
using Xunit;

namespace Hub.Tests.Portal;

public sealed class QuantityTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(9_999, "9,999")]
    [InlineData(10_000, "10k")]
    [InlineData(999_999, "999k")]
    [InlineData(1_000_000, "1.0M")]
    [InlineData(99_999_999, "99.9M")]
    [InlineData(100_000_000, "100M")]
    [InlineData(12_345_678_901, "12,345M")]
    public void Brief_ACount_NeverSaysMoreThanThereIs(long count, string expected) => Assert.Equal(expected, Quantity.Brief(count));
}
