using System.Net;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Ksmg.Sdk.Packages;

namespace Ksmg.Sdk;

/// <summary>The <em>About</em> and <em>Install update</em> pages of one node, on that node's own session.</summary>
public class UpdatesClient
{
    private static readonly TimeSpan FastPoll = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan SlowPoll = TimeSpan.FromSeconds(2);

    private readonly NodeConnection _connection = null!;

    /// <summary>For test doubles.</summary>
    protected UpdatesClient()
    {
    }

    internal UpdatesClient(NodeConnection connection) => _connection = connection;

    /// <summary>The version the node says it runs.</summary>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual async Task<AboutInfo> GetAboutAsync(CancellationToken cancellationToken = default)
    {
        AboutDto about = await _connection.SendAsync(
            OperationNames.GetAbout, KsmgJson.Default.AboutDto, cancellationToken: cancellationToken).ConfigureAwait(false);
        return new AboutInfo(about.Version, about.FullBuild);
    }

    /// <summary>
    /// Streams a package to the node, without a temporary file and in constant memory. After a failure past the first byte the node
    /// is asked what it has before anything is sent again; where the dialect says that it cannot be asked, its answer is all that counts.
    /// </summary>
    /// <param name="uploadId">The id of the upload, chosen by the caller: letters, digits and <c>-</c>. The answer's counts: a node may name it itself.</param>
    /// <param name="package">The package.</param>
    /// <param name="progress">Called inline and in order.</param>
    /// <param name="cancellationToken">Cancels the transfer; what the node already has stays there.</param>
    /// <exception cref="PackageException">The package is damaged.</exception>
    /// <exception cref="KsmgMissingOperationException">On this node uploading installs (<c>upload.install</c>): nothing was sent.</exception>
    /// <exception cref="KsmgApiException">The node cannot be asked, refuses, or the transfer broke or stood still.</exception>
    public virtual Task<UploadedUpdate> UploadAsync(
        string uploadId, UpdatePackageFile package, IProgress<UploadProgress>? progress = null, CancellationToken cancellationToken = default) =>
        UploadAsync(uploadId, package, acceptsWithoutSha256: false, installs: false, progress, cancellationToken);

    /// <summary>The same, for a caller who judges by himself what an upload is worth of which the node tells no SHA-256.</summary>
    internal async Task<UploadedUpdate> UploadAsync(
        string uploadId,
        UpdatePackageFile package,
        bool acceptsWithoutSha256,
        bool installs,
        IProgress<UploadProgress>? progress,
        CancellationToken cancellationToken)
    {
        CheckId(uploadId);
        ArgumentNullException.ThrowIfNull(package);
        UploadWay way = await GetUploadWayAsync(cancellationToken).ConfigureAwait(false);
        if (way.Installs != installs)
        {
            throw new KsmgMissingOperationException(Words.Get(installs ? "upload.installs-not" : "upload.installs", _connection.Name))
            {
                Node = _connection.Name,
                Operation = OperationNames.UploadUpdate,
                HadNoEffect = true,
            };
        }

        var uploader = new PackageUploader(
            _connection.Name, this, SendAsync, way, _connection.Time)
        { IdleLimit = _connection.Options.UploadIdleTimeout, AcceptsWithoutSha256 = acceptsWithoutSha256 };
        UploadedUpdate held = await uploader.UploadAsync(uploadId, package, progress, cancellationToken).ConfigureAwait(false);
        if (!way.Lists)
        {
            // Nothing but this answer tells it: later calls, and whoever makes them in our place, go by it.
            _connection.Kept.Keep(new Dictionary<string, JsonNode?>(StringComparer.Ordinal) { [uploadId] = UploadIds.Write(held.Id) });
        }

        return held;

        async Task<UploadedUpdate?> SendAsync(UploadPart part, CancellationToken token)
        {
            bool tells = part.IsLast && !way.Installs;
            JsonTypeInfo shape = way.Lists ? UpdatesJson.Default.UploadDto : UpdatesJson.Default.UnlistedUploadDto;
            bool isPart = part.Count is not null;
            bool goesOn = isPart ? part.Content is not null : part.Offset > 0;
            CallArguments arguments = new()
            {
                { OperationArguments.UploadId, part.UploadId },
                { "fileName", package.Name },
                { "sizeBytes", package.SizeBytes },
                { "sha256", package.Sha256 },
                { "offset", goesOn ? part.Offset : null },
                { "totalBytes", goesOn ? package.SizeBytes : null },
                { "index", part.Index },
                { "number", part.Index + 1 },
                { "count", part.Count },
                { "pieceBytes", isPart ? part.Content?.Bytes : null },
            };
            Call call = new()
            {
                Operation = OperationNames.UploadUpdate,
                Arguments = arguments,
                Shape = tells ? shape : null,
                Content = part.Content is { } content ? (request, known) => content.In(request.Frame(known)) : null,
                HasStarted = part.Content is { } body ? () => body.HasStarted : null,
                ExpectContinue = part.Content is not null,
                Of = part switch
                {
                    { Content: not null } => null,
                    { IsLast: false } => entry => entry.Upload.Begin!,
                    _ => entry => entry.Upload.Commit!,
                },
                Piece = part.Index,
            };
            if (tells && !way.Lists)
            {
                UnlistedUploadDto told = await _connection.SendContentAsync(call, UpdatesJson.Default.UnlistedUploadDto, token).ConfigureAwait(false);
                return told.Id is null && way.NodeNames
                    ? throw _connection.Fault(OperationNames.UploadUpdate, Words.Get("upload.no-id"))
                    : told.ToModel(part.UploadId, package.Name, package.SizeBytes);
            }

            if (tells)
            {
                return (await _connection.SendContentAsync(call, UpdatesJson.Default.UploadDto, token).ConfigureAwait(false)).ToModel();
            }

            await _connection.SendContentAsync(call, KsmgJson.Default.JsonNode, token).ConfigureAwait(false);
            return null;
        }
    }

    /// <inheritdoc cref="NodeConnection.GetUploadWayAsync"/>
    internal Task<UploadWay> GetUploadWayAsync(CancellationToken cancellationToken) => _connection.GetUploadWayAsync(cancellationToken);

    /// <summary>The packages the node holds, complete or not.</summary>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual async Task<IReadOnlyList<UploadedUpdate>> ListUploadsAsync(CancellationToken cancellationToken = default) =>
        (await _connection.SendAsync(OperationNames.ListUpdates, UpdatesJson.Default.UploadListDto, cancellationToken: cancellationToken).ConfigureAwait(false))
            .Packages.ConvertAll(p => p.ToModel());

    /// <summary>Deletes an upload; <see langword="false"/> if the node does not have it.</summary>
    /// <param name="uploadId">The id that the node lists.</param>
    /// <param name="cancellationToken">Ends the call; whether the upload was deleted is then unknown.</param>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses: it is installing the upload.</exception>
    public virtual async Task<bool> DeleteUploadAsync(string uploadId, CancellationToken cancellationToken = default)
    {
        CheckListedId(uploadId);
        try
        {
            await _connection.CommandAsync(
                OperationNames.DeleteUpdate, OfUpload(uploadId), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (KsmgApiException e) when (e is { HadNoEffect: true, Code: "notFound" })
        {
            return false;
        }
    }

    /// <summary>Starts the installation of an upload. Never repeated by the SDK.</summary>
    /// <param name="uploadId">The id that the node lists.</param>
    /// <param name="cancellationToken">Ends the call; whether the installation was started is then unknown.</param>
    /// <exception cref="KsmgSessionExpiredException">The session ended meanwhile; look at the status first.</exception>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual async Task StartInstallAsync(string uploadId, CancellationToken cancellationToken = default)
    {
        CheckListedId(uploadId);
        await _connection.CommandAsync(OperationNames.StartUpdate, OfUpload(uploadId), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Where the installation stands.</summary>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual async Task<UpdateStatus> GetStatusAsync(CancellationToken cancellationToken = default) =>
        (
            await _connection.SendAsync(
                OperationNames.GetUpdateStatus, UpdatesJson.Default.UpdateStatusDto, cancellationToken: cancellationToken).ConfigureAwait(false)).ToModel();

    /// <summary>
    /// Waits until the installation has ended and the node answers again; a node that does not answer while it restarts is waited for.
    /// </summary>
    /// <param name="timeout">How long at most.</param>
    /// <param name="cancellationToken">Ends the waiting; the installation goes on.</param>
    /// <returns>The last status: completed, failed, or idle where the node forgot over its restart. An unknown state is waited out.</returns>
    /// <exception cref="UpdateInterruptedException">Unknown objects were found.</exception>
    /// <exception cref="KsmgAuthenticationException">The node refuses the login.</exception>
    /// <exception cref="KsmgApiException">The node refuses the question itself.</exception>
    /// <exception cref="TimeoutException">The time is over.</exception>
    public virtual async Task<UpdateStatus> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        using var clock = new CancellationTokenSource(timeout, _connection.Time);
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), clock);
        string seen = Words.Get("update.no-answer");
        TimeSpan pause = FastPoll;
        UpdateStatus? previous = null;
        try
        {
            while (true)
            {
                try
                {
                    UpdateStatus status = await GetStatusAsync(clock.Token).ConfigureAwait(false);
                    if (HasEnded(status))
                    {
                        return status;
                    }

                    // The restart is short, and being back is to be seen at once; while nothing moves, it is asked less and less.
                    bool hurry = status.State == UpdateState.Restarting
                        || status.State != previous?.State
                        || status.ProgressPercent != previous?.ProgressPercent;
                    pause = hurry ? FastPoll : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, SlowPoll.Ticks));
                    seen = Words.Get("update.last-state", status.State);
                    previous = status;
                }
                catch (KsmgApiException e)
                    when (e is not (KsmgAuthenticationException or KsmgCertificateException or KsmgMissingOperationException) && !IsRefusal(e))
                {
                    // Away for the restart: sessions of before are dead when it is back.
                    _connection.ResetSession();
                    pause = FastPoll;
                    seen = Words.Get("update.last-answer", e.Message);
                }

                await Task.Delay(pause, _connection.Time, clock.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException e) when (clock.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new TimeoutException(Words.Get("update.not-in-time", _connection.Name, timeout, seen), e);
        }
    }

    /// <summary>What the node told for later calls, by name, as JSON: for whoever goes on in another process.</summary>
    internal IReadOnlyDictionary<string, string> Kept => _connection.Kept.All;

    /// <summary>Takes over what was written down of it, in that order, by this process and others.</summary>
    internal void Recall(IReadOnlyList<KeyValuePair<string, string>> written) => _connection.Kept.Recall(written);

    /// <summary>Trusts a certificate of the node beside the pinned ones, which its update may have changed; <see langword="null"/>: none any more.</summary>
    internal void Trust(string? fingerprint) => _connection.Configured.OtherFingerprint = fingerprint;

    private static CallArguments OfUpload(string uploadId) => new() { { "id", UploadIds.Write(uploadId) } };

    private static bool IsRefusal(KsmgApiException e) => e.Code is not null && e.Status < HttpStatusCode.InternalServerError;

    private static void CheckId(string uploadId)
    {
        ArgumentException.ThrowIfNullOrEmpty(uploadId);
        if (uploadId.Length > 128 || !uploadId.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            throw new ArgumentException("An upload id has letters, digits and '-', 128 at most.", nameof(uploadId));
        }
    }

    /// <summary>A node may write its ids as it likes, as long as they are one step of a path.</summary>
    private static void CheckListedId(string uploadId)
    {
        ArgumentException.ThrowIfNullOrEmpty(uploadId);
        if (uploadId is "." or ".." || uploadId.Length > 256 || uploadId.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            throw new ArgumentException("An upload id has neither spaces nor control characters, and 256 characters at most.", nameof(uploadId));
        }
    }

    private bool HasEnded(UpdateStatus status) =>
        status.State == UpdateState.Interrupted
            ? throw new UpdateInterruptedException(
                Words.Get("update.unknown-objects", _connection.Name, string.Join(", ", status.UnknownObjects)))
            {
                Node = _connection.Name,
                UnknownObjects = status.UnknownObjects,
            }
            : status.State == UpdateState.Completed || status.State == UpdateState.Failed || status.State == UpdateState.Idle;
}
