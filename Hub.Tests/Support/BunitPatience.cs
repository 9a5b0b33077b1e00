using System.Runtime.CompilerServices;
using Bunit;

namespace Hub.Tests.Support;

/// <summary>bUnit waits a second by itself, which is little beside a browser that another test drives.</summary>
internal static class BunitPatience
{
    [ModuleInitializer]
    public static void Set() => BunitContext.DefaultWaitTimeout = TimeSpan.FromSeconds(20);
}
