# Snapshots (checkpoints) on Hyper-V for the port kind "Command", contract version 1 (docs/adapters.md). Needs the Hyper-V module of
# PowerShell and a member of "Hyper-V Administrators". Never run: neither against a real Hyper-V nor in the tests.
#
#   "Snapshots": { "Kind": "Command", "Program": "powershell.exe", "Timeout": "00:20:00",
#     "Arguments": [ "-NoProfile", "-NonInteractive", "-File", "C:\\ksmg\\ksmg-snapshots-hyperv.ps1", "C:\\ksmg\\machines.txt" ] }
#
# The first argument is a file with a line "NODE VMID" or "NODE VMID HOST" for each node: the Id that Get-VM prints, and the Hyper-V host.
# Set "standard" checkpoints on the machines (Set-VM -CheckpointType Standard): a production one needs services in the guest.
param([string]$Machines, [string]$Verb, [string]$Node, [string]$Name)
$ErrorActionPreference = 'Stop'

function Stop-Here([string]$Text) {
    [Console]::Error.WriteLine($Text)
    exit 1
}

function Get-Machine([string]$Node) {
    $lines = @(Get-Content -LiteralPath $Machines | ForEach-Object { , ($_.Trim() -split '\s+') } | Where-Object { $_[0] -ceq $Node })
    if ($lines.Count -ne 1 -or $lines[0].Count -lt 2) { Stop-Here "'$Machines' has no single line for node $Node" }
    $where = if ($lines[0].Count -gt 2) { @{ ComputerName = $lines[0][2] } } else { @{} }
    Get-VM -Id ([Guid]$lines[0][1]) @where
}

function Get-OwnName {
    if ($Name -cnotmatch '^ksmg-upgrade\.[A-Za-z0-9._-]+$') { Stop-Here "'$Name' is no snapshot of an upgrade run" }
    $Name
}

try {
    switch -CaseSensitive ($Verb) {
        'test' {
            foreach ($line in Get-Content -LiteralPath $Machines | Where-Object { $_.Trim() -and -not $_.StartsWith('#') }) {
                $null = Get-Machine ($line.Trim() -split '\s+')[0] | Get-VMSnapshot
            }
        }
        'list' {
            $snapshots = @(Get-Machine $Node | Get-VMSnapshot | ForEach-Object {
                    @{ name = $_.Name; createdAt = $_.CreationTime.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ'); complete = $true }
                })
            ConvertTo-Json -InputObject $snapshots -Compress
        }
        'create' {
            $own = Get-OwnName
            $machine = Get-Machine $Node
            # Hyper-V would take a second one of the same name.
            if (@($machine | Get-VMSnapshot | Where-Object { $_.Name -ceq $own }).Count -gt 0) { Stop-Here "machine $($machine.Id) has a checkpoint '$own' already" }
            $null = $machine | Checkpoint-VM -SnapshotName $own
        }
        'revert' {
            $own = Get-OwnName
            $machine = Get-Machine $Node
            $snapshot = @($machine | Get-VMSnapshot | Where-Object { $_.Name -ceq $own })
            if ($snapshot.Count -ne 1) { Stop-Here "machine $($machine.Id) has $($snapshot.Count) checkpoints '$own'" }
            $snapshot[0] | Restore-VMSnapshot -Confirm:$false
            # A standard checkpoint of a running machine comes back saved or running; started it has to be in either case.
            $machine = Get-Machine $Node
            if ($machine.State -ne 'Running') { $machine | Start-VM }
        }
        default { exit 64 }
    }
}
catch {
    Stop-Here $_.Exception.Message
}
