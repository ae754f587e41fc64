using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>The simulated hypervisor as a port, without sockets.</summary>
internal sealed class ModelSnapshots(SimulatedWorld world) : ISnapshotProvider
{
    public Task<IReadOnlyList<NodeSnapshot>> ListAsync(string node, CancellationToken cancellationToken = default)
    {
        lock (world.Gate)
        {
            return Task.FromResult<IReadOnlyList<NodeSnapshot>>(
                [.. world.Hypervisor.List(node).Select(snapshot => new NodeSnapshot(snapshot.Name, snapshot.CreatedAt, snapshot.IsComplete))]);
        }
    }

    public Task CreateAsync(string node, string name, CancellationToken cancellationToken = default)
    {
        lock (world.Gate)
        {
            world.CatchUp();
            world.Hypervisor.Create(node, name, Caller.Client);
        }

        return Task.CompletedTask;
    }

    public Task RevertAsync(string node, string name, CancellationToken cancellationToken = default)
    {
        lock (world.Gate)
        {
            world.CatchUp();
            world.Hypervisor.Revert(node, name, Caller.Client);
        }

        return Task.CompletedTask;
    }
}

/// <summary>The simulated configuration files as a port, without sockets.</summary>
internal sealed class ModelConfigurationFiles(SimulatedWorld world) : IConfigurationFiles
{
    public Task<IReadOnlyList<ConfigurationFile>> ListAsync(string node, CancellationToken cancellationToken = default)
    {
        lock (world.Gate)
        {
            return Task.FromResult<IReadOnlyList<ConfigurationFile>>([.. world.Files.List(node).Select(file => file.ToPublic())]);
        }
    }

    public Task<ReadOnlyMemory<byte>> ReadAsync(string node, string path, CancellationToken cancellationToken = default)
    {
        lock (world.Gate)
        {
            return Task.FromResult(world.Files.Read(node, path).Content);
        }
    }

    public Task WriteAsync(string node, ConfigurationFile file, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        lock (world.Gate)
        {
            world.CatchUp();
            world.Files.Write(node, new SimulatedFile(file.Path, file.Mode, file.Owner, content.ToArray(), file.LinkTarget), Caller.Client);
        }

        return Task.CompletedTask;
    }

    public Task<string?> GetPristineSha256Async(string node, string path, BuildNumber build, CancellationToken cancellationToken = default) =>
        Task.FromResult(FileStore.Ship(path, build)?.Sha256);

    public Task<ReadOnlyMemory<byte>?> ReadPristineAsync(string node, string path, BuildNumber build, CancellationToken cancellationToken = default) =>
        Task.FromResult(FileStore.Ship(path, build)?.Content);
}

/// <summary>Test messages straight into the model.</summary>
internal sealed class ModelMailProbe(SimulatedWorld world) : IMailProbe
{
    public const string Address = "probe@example.test";

    public Task<ProbeAnswer> AskAsync(string node, CancellationToken cancellationToken = default)
    {
        NodeReception reception = world[node].Mail.Reception;
        SmtpVerdict verdict = reception.Greet();
        verdict = verdict.IsPositive ? reception.CheckRecipient() : verdict;
        return Task.FromResult(new ProbeAnswer(verdict.IsPositive, verdict.ToString()));
    }

    public Task<ProbeAnswer> SendAsync(string node, string messageId, CancellationToken cancellationToken = default)
    {
        SmtpVerdict verdict = world[node].Mail.Reception.Offer(new SimulatedMessage
        {
            MessageId = MessageIds.Bare(messageId),
            Sender = Address,
            Recipients = [Address],
            Headers =
            [
                new MailHeader("Message-ID", $"<{MessageIds.Bare(messageId)}>"),
                new MailHeader("From", Address),
                new MailHeader("To", Address),
                new MailHeader("Subject", "Test message"),
            ],
            Body = "A test message.\r\n"u8.ToArray(),
        });
        return Task.FromResult(new ProbeAnswer(verdict.IsPositive, verdict.ToString()));
    }

    public Task<IReadOnlyList<ProbeCopy>> FindAsync(string messageId, CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<ProbeCopy>>([.. world.Mail.Sink.Find(messageId).Select(ProbeHeaders.Read)]);
}
