using Microsoft.AspNetCore.Identity;

namespace Hub.Server.Security.Operators;

/// <summary>Somebody who may sign in to the portal.</summary>
internal sealed class Operator : IdentityUser
{
}
