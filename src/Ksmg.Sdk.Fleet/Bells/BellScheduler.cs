using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Quartz;

namespace Ksmg.Sdk.Fleet;

/// <summary>Quartz, set up to ring: in memory, or one of a cluster over PostgreSQL.</summary>
internal static class BellScheduler
{
    /// <summary>Answers only begin what is to be done.</summary>
    private const int Threads = 4;

    /// <summary>How late a worker hears what another one put in: Quartz asks its database, nobody tells it.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan CheckIn = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan TakenForDead = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    /// <summary>What every trigger fires.</summary>
    public static JobKey Job { get; } = new("ring", "ksmg");

    /// <summary>Opens a scheduler that fires already. Whoever disposes of the factory ends it.</summary>
    public static async Task<StandaloneSchedulerFactory> OpenAsync(
        string name, QuartzBell bell, TimeProvider time, ILoggerFactory loggers, BellDatabase? database, CancellationToken cancellationToken)
    {
        StandaloneSchedulerFactory? factory = null;
        try
        {
            Task Start(bool mayCreate)
            {
                factory = QuartzSchedulerBuilder.Create(q => Configure(q, name, bell, time, loggers, database, mayCreate)).Build();
                return StartAsync(factory, cancellationToken);
            }

            await (database?.PrepareAsync(Start, cancellationToken) ?? Start(mayCreate: false)).ConfigureAwait(false);
            return factory!;
        }
        catch when (factory is not null)
        {
            await factory.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task StartAsync(StandaloneSchedulerFactory factory, CancellationToken cancellationToken)
    {
        IScheduler scheduler = await factory.GetScheduler(cancellationToken).ConfigureAwait(false);
        IJobDetail job = JobBuilder.Create<BellJob>().WithIdentity(Job).StoreDurably().Build();
        await scheduler.AddJob(job, AddJobOptions.Replacing, cancellationToken).ConfigureAwait(false);
        await scheduler.Start(cancellationToken).ConfigureAwait(false);
    }

    private static void Configure(
        IQuartzBuilder quartz, string name, QuartzBell bell, TimeProvider time, ILoggerFactory loggers, BellDatabase? database, bool mayCreate)
    {
        quartz.Services.AddSingleton(loggers).AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        quartz.UseTimeProvider(time);
        quartz.UseDefaultThreadPool(Threads);
        quartz.AddJobType(_ => new BellJob(bell));
        quartz.ConfigureOptions<QuartzSchedulerOptions>(options =>
        {
            options.InstanceName = name;
            options.IdleWaitTime = Poll;
            options.PropagateTraceContext = false;
        });
        if (database is null)
        {
            quartz.UseInMemoryStore();
            return;
        }

        quartz.UsePersistentStore(store =>
        {
            store.UsePostgres(source => source.DataSourceFactory = _ => database.Source);
            store.UseSystemTextJsonSerializer();
            store.UseClustering(cluster => (cluster.CheckinInterval, cluster.CheckinMisfireThreshold) = (CheckIn, TakenForDead));
            store.ConfigureStore(options =>
            {
                options.SchemaProvisioning = mayCreate ? SchemaProvisioning.CreateIfMissing : SchemaProvisioning.Validate;
                options.DbRetryInterval = Retry;
            });
        });
    }
}
