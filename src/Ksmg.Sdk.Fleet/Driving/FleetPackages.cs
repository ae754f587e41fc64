using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// The package of a fleet, as this worker finds it: at a path, or fetched once from an address into a folder of this machine. Either is read as a
/// whole once and must be the planned one; what an upload sends is held against the plan besides.
/// </summary>
/// <param name="location">Where it is here, whatever a plan says.</param>
/// <param name="folder">Where what is fetched is kept; <see langword="null"/>: in <see cref="OwnFolder"/>.</param>
/// <param name="http">What is fetched with; <see langword="null"/>: a client of its own.</param>
/// <param name="patience">How long an answer and each mebibyte of it may take; <see langword="null"/>: a minute.</param>
internal sealed class FleetPackages(string? location = null, string? folder = null, HttpClient? http = null, TimeSpan? patience = null) : IDisposable
{
    private const int BufferBytes = 1 << 20;

    /// <summary>No package is nearly as large.</summary>
    private const long MostBytes = 16L << 30;

    private readonly TimeSpan _patience = patience ?? TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<string, string> _places = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> _found = new(StringComparer.Ordinal);
    private readonly HttpClient _http = http
        ?? new HttpClient(new SocketsHttpHandler { SslOptions = ServerTrust.System.CreateSslOptions() }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Where temporary files are, one for each account: what another one keeps can neither be read nor replaced.</summary>
    public static string OwnFolder => Path.Combine(Path.GetTempPath(), "ksmg-packages-" + Environment.UserName);

    /// <summary>Whoever planned here has it where that plan says: a fleet of the same plan may have been begun elsewhere.</summary>
    public void Know(FleetPlan plan) => _places.TryAdd(plan.Hash, plan.PackagePath);

    /// <summary>A path of this machine where the package is, verified as the planned one.</summary>
    /// <exception cref="PackageException">It is not there, or it is another one.</exception>
    public async ValueTask<string> GetAsync(FleetPlan plan, CancellationToken cancellationToken)
    {
        string place = location ?? _places.GetValueOrDefault(plan.Hash) ?? plan.PackagePath;
        if (plan.PackageSha256 is not { } hash)
        {
            return place;
        }

        // Who waits may go; what was begun goes on for the others.
        Lazy<Task<string>> found = _found.GetOrAdd($"{hash} {place}", _ => new Lazy<Task<string>>(() => FindAsync(place, hash)));
        try
        {
            return await found.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (found.Value.IsFaulted)
        {
            // The next one looks anew: it may be put right meanwhile.
            _found.TryRemove(KeyValuePair.Create($"{hash} {place}", found));
            throw;
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The address, if it is one.</summary>
    private static Uri? AddressOf(string place) =>
        Uri.TryCreate(place, UriKind.Absolute, out Uri? address) && address.Scheme is "https" or "http" ? address : null;

    private async Task<string> FindAsync(string place, string hash)
    {
        try
        {
            if (AddressOf(place) is { } address)
            {
                return await FetchAsync(address, hash).ConfigureAwait(false);
            }

            await CheckAsync(place, place, hash).ConfigureAwait(false);
            return place;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or HttpRequestException or OperationCanceledException)
        {
            throw new PackageException(Words.Get("fleet-package.not-here", place, (e.InnerException as CertificateRefusedException ?? e).Message), e);
        }
    }

    private async Task<string> FetchAsync(Uri address, string hash)
    {
        if (address.Scheme == "http" && !address.IsLoopback)
        {
            throw new PackageException(Words.Get("fleet-package.plain-http", address.Host));
        }

        string place = folder ?? OwnFolder;
        CreateForOwner(place);
        string kept = Path.Combine(place, hash + ".zip");
        if (File.Exists(kept) && await HashAsync(kept).ConfigureAwait(false) == hash)
        {
            return kept;
        }

        string part = Path.Combine(place, Path.GetRandomFileName());
        try
        {
            await DownloadAsync(address, part).ConfigureAwait(false);
            await CheckAsync(part, address.Host, hash).ConfigureAwait(false);
            File.Move(part, kept, overwrite: true);
            return kept;
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static void CreateForOwner(string place)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(place);
        }
        else
        {
            Directory.CreateDirectory(place, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private async Task DownloadAsync(Uri address, string path)
    {
        using CancellationTokenSource late = new(_patience);
        try
        {
            await DownloadAsync(address, path, late).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            throw new PackageException(Words.Get("fleet-package.too-slow", address.Host, _patience), e);
        }
    }

    private async Task DownloadAsync(Uri address, string path, CancellationTokenSource late)
    {
        using HttpResponseMessage answer = await _http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, late.Token).ConfigureAwait(false);
        answer.EnsureSuccessStatusCode();
        using Stream content = await answer.Content.ReadAsStreamAsync(late.Token).ConfigureAwait(false);
        FileStreamOptions own = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
        {
            own.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using FileStream file = new(path, own);
        byte[] buffer = new byte[BufferBytes];
        long total = 0;
        int read;
        while ((read = await content.ReadAtLeastAsync(buffer, BufferBytes, throwOnEndOfStream: false, late.Token).ConfigureAwait(false)) > 0)
        {
            total += read;
            if (total > MostBytes)
            {
                throw new PackageException(Words.Get("fleet-package.too-large", address.Host, MostBytes));
            }

            await file.WriteAsync(buffer.AsMemory(0, read), late.Token).ConfigureAwait(false);
            late.CancelAfter(_patience);
        }
    }

    /// <summary>Refuses another package than the planned one.</summary>
    private static async Task CheckAsync(string path, string shown, string hash)
    {
        string actual = await HashAsync(path).ConfigureAwait(false);
        if (actual != hash)
        {
            throw new PackageException(Words.Get("fleet-package.differs", shown, hash, actual));
        }
    }

    private static async Task<string> HashAsync(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes, FileOptions.Asynchronous | FileOptions.SequentialScan);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file).ConfigureAwait(false));
    }
}
