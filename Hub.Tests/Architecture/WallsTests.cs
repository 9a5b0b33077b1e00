using ArchUnitNET.Domain;
using ArchUnitNET.Domain.Dependencies;
using ArchUnitNET.Loader;
using Hub.Server;
using Xunit;

namespace Hub.Tests.Architecture;

public sealed class WallsTests
{
    private static readonly Lazy<IReadOnlyList<IType>> ServerTypes = new(() =>
        [.. new ArchLoader().LoadAssemblies(typeof(HubApplication).Assembly, typeof(WallsTests).Assembly).Build().Types
            .Where(type => Walls.RoomOf(type.FullName) is not null)]);

    [Fact]
    public void Server_EveryDependency_IsInTheTable()
    {
        var breaches = BreachesOf(ServerTypes.Value.Where(type => !IsPlanted(type)));

        Assert.True(breaches.Count == 0, string.Join(Environment.NewLine, breaches));
    }

    [Fact]
    public void Server_PlantedBreaches_AreCaught()
    {
        var breaches = BreachesOf(ServerTypes.Value.Where(IsPlanted));

        Assert.Contains(breaches, breach => breach.EndsWith("-> Hub.Server.Protocols.Mqtt.MqttOptions", StringComparison.Ordinal));
        Assert.Contains(breaches, breach => breach.Contains("-> MQTTnet.", StringComparison.Ordinal));
    }

    [Fact]
    public void Server_EveryRoom_StandsInTheTable()
    {
        var rooms = ServerTypes.Value.Where(type => !IsPlanted(type)).Select(type => Walls.RoomOf(type.FullName)!).Distinct().Where(room => room != Walls.Root);

        Assert.Empty(rooms.Except(Walls.MayUse.Keys));
    }

    [Fact]
    public void Engine_NoMethod_CallsTaskRun()
    {
        var callers = CallersOfTaskRun(ServerTypes.Value.Where(type => !IsPlanted(type)));

        Assert.Empty(callers);
    }

    [Fact]
    public void Engine_PlantedTaskRun_IsCaught() => Assert.NotEmpty(CallersOfTaskRun(ServerTypes.Value.Where(IsPlanted)));

    private static bool IsPlanted(IType type) => type.FullName.Contains(".Planted.", StringComparison.Ordinal);

    private static List<string> BreachesOf(IEnumerable<IType> types) =>
    [
        .. from type in types
           let room = Walls.RoomOf(type.FullName)!
           from dependency in type.Dependencies
           where !Walls.Allows(room, dependency.Target.FullName)
           group dependency by $"{type.FullName} -> {dependency.Target.FullName}" into breach
           orderby breach.Key
           select breach.Key,
    ];

    private static IEnumerable<string> CallersOfTaskRun(IEnumerable<IType> types) =>
        from type in types
        where Walls.RoomOf(type.FullName)!.StartsWith("Messaging", StringComparison.Ordinal)
        from call in type.Dependencies.OfType<MethodCallDependency>()
        where call.TargetMember.FullName.Contains("System.Threading.Tasks.Task::Run(", StringComparison.Ordinal)
        select type.FullName;
}
