# An interrupt stops the kernel once the guest has made $SCRATCH/started; then both go on.
python
import os, threading, time
def interrupt():
    while not os.path.exists(os.path.join(os.environ["SCRATCH"], "started")):
        time.sleep(0.02)
    os.kill(gdb.selected_inferior().pid, 2)
threading.Thread(target=interrupt).start()
end
run
echo STOPPED\n
sk-ps
shell touch $SCRATCH/release
continue
