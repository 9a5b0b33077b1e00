using Xunit;

namespace Hub.Tests.Support;

/// <summary>Tests that measure the process they run in: no other test runs beside them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
