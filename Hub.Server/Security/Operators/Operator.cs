using Microsoft.AspNetCore.Identity;

namespace Hub.Server.Security.Operators;

/// <summary>A person who may use the portal; what they may do is said by Identity's roles.</summary>
internal sealed class Operator : IdentityUser;
