using System.Reflection;
using Hub.Server;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hub.Tests.Architecture;

public sealed class EventIdTests
{
    [Fact]
    public void LogMessages_EveryId_IsUsedOnce()
    {
        var messages =
            (from type in typeof(EventIds).Assembly.GetTypes()
             from method in type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
             let message = method.GetCustomAttribute<LoggerMessageAttribute>()
             where message is not null
             select (message.EventId, Name: $"{type.DeclaringType?.Name}.{method.Name}")).ToArray();

        Assert.NotEmpty(messages);
        Assert.Empty(messages.GroupBy(message => message.EventId).Where(same => same.Count() > 1).Select(same => string.Join(", ", same)));
    }
}
