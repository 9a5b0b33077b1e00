using System.Security.Claims;
using Hub.Server.Security.Web;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Hub.Server.Security.Operators;

/// <summary>Makes the principal of an operator: name, security stamp, roles, and the rights that these give.</summary>
internal sealed class OperatorPrincipals(UserManager<Operator> users, IOptions<IdentityOptions> options) : IUserClaimsPrincipalFactory<Operator>
{
    public async Task<ClaimsPrincipal> CreateAsync(Operator user)
    {
        var names = options.Value.ClaimsIdentity;
        var identity = new ClaimsIdentity(Schemes.Cookie, names.UserNameClaimType, names.RoleClaimType);
        identity.AddClaim(new Claim(names.UserIdClaimType, user.Id));
        identity.AddClaim(new Claim(names.UserNameClaimType, user.UserName ?? string.Empty));
        identity.AddClaim(new Claim(names.SecurityStampClaimType, await users.GetSecurityStampAsync(user)));

        var roles = (await users.GetClaimsAsync(user)).Where(claim => claim.Type == OperatorRoles.ClaimType).ToArray();
        identity.AddClaims(roles);
        identity.AddClaims(RightsClaims.Of(roles.Aggregate(AccessRights.None, (rights, role) => rights | OperatorRoles.RightsOf(role.Value))));
        return new ClaimsPrincipal(identity);
    }
}
