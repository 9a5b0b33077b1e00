using Hub.Server.Security.Operators;
using Hub.Server.Storage.Model;
using Hub.Server.Storage.Sqlite;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace Hub.Server.Storage;

/// <summary>The control database: registry, sessions, cloud-to-device queues, history, policies, audit and operators. Telemetry has its own files.</summary>
internal sealed class HubDbContext(DbContextOptions<HubDbContext> options) : IdentityDbContext<Operator>(options)
{
    public DbSet<DeviceRow> Devices => Set<DeviceRow>();

    public DbSet<PresenceRow> Presence => Set<PresenceRow>();

    public DbSet<DeviceTagRow> DeviceTags => Set<DeviceTagRow>();

    public DbSet<SessionRow> Sessions => Set<SessionRow>();

    public DbSet<ConnectionHistoryRow> ConnectionHistory => Set<ConnectionHistoryRow>();

    public DbSet<SharedAccessPolicyRow> SharedAccessPolicies => Set<SharedAccessPolicyRow>();

    public DbSet<AuditRow> AuditLog => Set<AuditRow>();

    public DbSet<DeviceBoundMessageRow> DeviceBoundMessages => Set<DeviceBoundMessageRow>();

    public DbSet<DeviceBoundEnvelopeRow> DeviceBoundEnvelopes => Set<DeviceBoundEnvelopeRow>();

    public DbSet<DeviceBoundHistoryRow> DeviceBoundHistory => Set<DeviceBoundHistoryRow>();

    public DbSet<DeviceBoundQueueRow> DeviceBoundQueues => Set<DeviceBoundQueueRow>();

    public DbSet<FeedbackRow> Feedback => Set<FeedbackRow>();

    public DbSet<FeedbackBatchRow> FeedbackBatches => Set<FeedbackBatchRow>();

    public DbSet<DeadLetterCountRow> DeadLetterCounts => Set<DeadLetterCountRow>();

    public DbSet<OutcomeCountRow> OutcomeCounts => Set<OutcomeCountRow>();

    public DbSet<BatchRow> Batches => Set<BatchRow>();

    public DbSet<BatchItemRow> BatchItems => Set<BatchItemRow>();

    public DbSet<SettingRow> Settings => Set<SettingRow>();

    /// <summary>Fixed, or the schema would follow an option that is set elsewhere.</summary>
    protected override Version SchemaVersion => IdentitySchemaVersions.Version2;

    /// <summary>
    /// Identity's store saves here by itself: it takes its turn with <see cref="ControlWriter"/>, so that the two never meet at SQLite's lock.
    /// </summary>
    public override async Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        using var turn = await this.GetService<WriteGate>().EnterAsync(cancellationToken);
        return await base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
    }

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.ApplyConfiguration(new DeviceRowMapping());
        builder.ApplyConfiguration(new PresenceRowMapping());
        builder.ApplyConfiguration(new DeviceTagRowMapping());
        builder.ApplyConfiguration(new SessionRowMapping());
        builder.ApplyConfiguration(new ConnectionHistoryRowMapping());
        builder.ApplyConfiguration(new SharedAccessPolicyRowMapping());
        builder.ApplyConfiguration(new AuditRowMapping());
        builder.ApplyConfiguration(new DeviceBoundMessageRowMapping());
        builder.ApplyConfiguration(new DeviceBoundEnvelopeRowMapping());
        builder.ApplyConfiguration(new DeviceBoundHistoryRowMapping());
        builder.ApplyConfiguration(new DeviceBoundQueueRowMapping());
        builder.ApplyConfiguration(new FeedbackRowMapping());
        builder.ApplyConfiguration(new FeedbackBatchRowMapping());
        builder.ApplyConfiguration(new DeadLetterCountRowMapping());
        builder.ApplyConfiguration(new OutcomeCountRowMapping());
        builder.ApplyConfiguration(new BatchRowMapping());
        builder.ApplyConfiguration(new BatchItemRowMapping());
        builder.ApplyConfiguration(new SettingRowMapping());

        builder.Entity<Operator>().ToTable("Operators");
        builder.Entity<IdentityUserClaim<string>>().ToTable("OperatorClaims");
        builder.Entity<IdentityUserLogin<string>>().ToTable("OperatorLogins");
        builder.Entity<IdentityUserToken<string>>().ToTable("OperatorTokens");
        builder.Entity<IdentityUserRole<string>>().ToTable("OperatorRoles");
        builder.Entity<IdentityRole>().ToTable("Roles");
        builder.Entity<IdentityRoleClaim<string>>().ToTable("RoleClaims");
    }
}
